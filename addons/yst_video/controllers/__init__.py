from . import api
from . import clip
from . import live
from . import picture
from . import registry
from . import wall
