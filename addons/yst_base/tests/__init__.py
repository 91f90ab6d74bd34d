from . import test_numbering
from . import test_area
from . import test_identity_rules
from . import test_identity
from . import test_roles
from . import test_audit
from . import test_access
