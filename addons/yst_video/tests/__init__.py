from . import test_ingest
from . import test_live
from . import test_api
from . import test_api_key
from . import test_gb28181
from . import test_registry
