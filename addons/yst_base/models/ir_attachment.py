import contextlib
import logging
import os
import secrets

from odoo import api, models
from odoo.exceptions import UserError

from .. import whole_file
from .yst_evidence import is_trusted

_logger = logging.getLogger(__name__)


class IrAttachment(models.Model):
    """Files of evidence are as unchangeable as the evidence; every file is stored whole or not
    at all, so that a killed server or a full disk leaves nothing that a second try stumbles over.
    """

    _inherit = "ir.attachment"

    @api.model
    def _get_path(self, bin_data, sha):
        """A file cut off by a crash is no collision: the same photo can be sent again."""
        path = self._full_path(f"{sha[:2]}/{sha}")
        if os.path.isfile(path) and not self._same_content(bin_data, path):
            with open(path, "rb") as stored:
                damaged = self._compute_checksum(stored.read()) != sha
            if damaged:
                _logger.warning("The file %s was damaged and is written anew", path)
                os.unlink(path)
        return super()._get_path(bin_data, sha)

    @api.model
    def _file_write(self, bin_value, checksum):
        """Store a file under its checksum.

        :raises UserError: there is no room, or the disk fails; tells the sender to try again
        """
        name = f"{checksum[:2]}/{checksum}"
        path = self._full_path(name)
        part = f"{name}part{secrets.token_hex(4)}"
        try:
            name, path = self._get_path(bin_value, checksum)
            if not os.path.exists(path):
                self._mark_for_gc(part)  # what a killed server leaves is swept up
                self._mark_for_gc(name)
                whole_file.write(path, bin_value, self._full_path(part))
                with contextlib.suppress(OSError):
                    os.unlink(self._full_path(f"checklist/{part}"))
        except OSError as error:
            _logger.error("The file %s could not be stored: %s", path, error)
            raise UserError(self.env._(
                "The server could not store the file: its disk may be full. What was saved before "
                "is kept. Please try again later, or tell the office."
            )) from error
        return name

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get("res_model") == "yst.evidence" for vals in vals_list):
            self._refuse_evidence()
        return super().create(vals_list)

    def write(self, vals):
        if vals.get("res_model") == "yst.evidence" or self._holds_evidence():
            self._refuse_evidence()
        return super().write(vals)

    def unlink(self):
        if self._holds_evidence():
            self._refuse_evidence()
        return super().unlink()

    def _holds_evidence(self):
        return any(model == "yst.evidence" for model in self.sudo().mapped("res_model"))

    def _refuse_evidence(self):
        if not is_trusted(self.env):
            raise UserError(self.env._("The file of evidence cannot be changed or deleted."))
