from . import yst_circulation_handover
from . import yst_reason_wizard
from . import yst_feed_reason_wizard
