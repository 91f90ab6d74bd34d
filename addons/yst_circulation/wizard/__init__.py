from . import yst_circulation_handover
