from odoo import api, models

from ..rules import EXAMINED_STATES, may_reject


class ServiceCase(models.Model):
    """What the clerk's form shows beside its plain fields."""

    _inherit = "yst.service.case"

    @api.model
    def _action_list(self, domain):
        """Open the list of the applications that fit ``domain``."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Applications"),
            "res_model": self._name,
            "views": [[False, "list"], [False, "form"]],
            "domain": domain,
        }

    def get_review(self):
        """The materials with their photos and what may be done with each, for the review widget.

        Photos come in the order in which they were taken, as pages of a paper do. One call for
        the whole form; the number of queries does not grow with the materials.
        """
        self.ensure_one()
        self.check_access("read")
        clerk = self.has_access("write")
        lines = self.line_ids.sudo()  # whoever may read the application may read these
        states = dict(lines._fields["state"]._description_selection(self.env))
        forms = dict(lines.material_id._fields["form"]._description_selection(self.env))
        examined = clerk and self.state in EXAMINED_STATES
        away = self.channel != "portal"
        reasons = self.env["yst.service.reason"].search([("kind", "=", "material")])
        return {
            "lines": [
                {
                    "id": line.id,
                    "name": line.name,
                    "note": line.material_id.note or "",
                    "form": forms.get(line.material_id.form, ""),
                    "copies": line.material_id.copies,
                    "required": line.required,
                    "state": line.state,
                    "state_label": states[line.state],
                    "reason": line.reason_id.name or "",
                    "reason_note": line.reason_note or "",
                    "photos": [photo._review_data() for photo in line.photo_ids.sorted("id")],
                    "earlier": [
                        photo._review_data()
                        for photo in (line.evidence_ids - line.photo_ids).sorted("id")
                    ],
                    "may_accept": examined and line.state != "accepted"
                    and (away or line.state != "missing"),
                    "may_reject": examined and may_reject(line.revision, self.correction_count),
                    "may_upload": clerk and line._may_upload()
                    and (away or self.state == "correction"),
                }
                for line in lines
            ],
            "results": [photo._review_data() for photo in self.sudo().result_evidence_ids],
            "consent": [photo._review_data() for photo in self.sudo().consent_evidence_id],
            "reasons": [{"id": reason.id, "name": reason.name} for reason in reasons],
        }
