from . import api
from . import live
from . import picture
from . import registry
from . import wall
