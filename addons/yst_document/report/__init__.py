from . import document_register
