from . import guide
from . import portal_case
from . import portal_apply
from . import portal_identity
from . import portal_signup
from . import portal_home_visit
from . import scan
