from . import base_partner_merge
from . import yst_area_import
from . import yst_reason_wizard
