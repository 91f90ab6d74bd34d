from . import yst_document_code
from . import yst_document
