from . import register
from . import verify
