from . import base_partner_merge
from . import yst_area_import
