from . import api
from . import picture
from . import registry
from . import wall
