from . import yst_reason_wizard
from . import yst_service_complete_wizard
from . import yst_service_appoint_wizard
from . import yst_service_visit_wizard
from . import yst_service_note_wizard
from . import yst_service_slot_wizard
