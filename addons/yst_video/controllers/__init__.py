from . import api
from . import picture
from . import wall
