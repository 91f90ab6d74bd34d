from . import test_case_flow
from . import test_correction
from . import test_appointment
from . import test_home_visit
from . import test_rating
