from . import api
from . import picture
