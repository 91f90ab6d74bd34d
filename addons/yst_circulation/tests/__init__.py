from . import test_answer
from . import test_delegation
from . import test_handover
from . import test_inbox
from . import test_pass_on
from . import test_send
from . import test_sample
from . import test_feed
