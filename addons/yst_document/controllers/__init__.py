from . import register
from . import upload
from . import verify
