from . import yst_document_number_reserve
from . import yst_document_number_void
from . import yst_document_register
from . import yst_document_step
from . import yst_circulation_handover
