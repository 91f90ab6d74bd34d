import json

from odoo.http import request, route

from odoo.addons.web.controllers.binary import Binary

from ..models.ir_attachment_secret import DOCUMENT
from ..secret_file import is_marked


class DocumentUpload(Binary):
    """Uploads to a document: a state secret is refused with the reason, and its name does not
    get into the log."""

    @route()
    def upload_attachment(self, model, id, ufile, callback=None):
        if model == DOCUMENT and not callback:
            for file in request.httprequest.files.getlist("ufile"):
                marked = is_marked(file.filename, file.read())
                file.seek(0)
                if marked:
                    words = request.env[DOCUMENT]._state_secret_words()
                    return json.dumps([{"error": words}])
        return super().upload_attachment(model, id, ufile, callback)
