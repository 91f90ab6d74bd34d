from . import evidence
from . import elder
