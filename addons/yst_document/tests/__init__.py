from . import test_rules
from . import test_outgoing
from . import test_number
from . import test_seal
from . import test_archive
from . import test_register
from . import test_search
