from . import evidence
from . import elder
from . import portal
