from . import test_numbering
from . import test_area
from . import test_identity_rules
from . import test_identity
