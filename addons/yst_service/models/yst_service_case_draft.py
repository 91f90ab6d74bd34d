from psycopg2 import errors

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError, ValidationError

from ..rules import whole

#: Keys that ``_draft_save`` takes.
SAVED_KEYS = {
    "on_behalf", "principal_name", "principal_relation", "principal_mobile",
    "principal_identity", "principal_identity_kind", "consent", "consent_text",
    "area_id", "note", "draft_step",
}
MAX_TEXT = {"note": 2000, "consent_text": 2000, "principal_name": 50, "principal_relation": 50}


class ServiceCase(models.Model):
    """What the resident types and uploads before handing in: saved at once, put right freely."""

    _inherit = "yst.service.case"

    @api.model
    def _draft_for(self, partner, item):
        """The draft of ``partner`` for ``item``: the one there is, or a new one.

        A second tap finds the first one's draft, also when both arrive at once.

        :raises UserError: the item cannot be applied for online
        """
        cases = self.sudo()
        draft = cases.search([
            ("applicant_id", "=", partner.id), ("item_id", "=", item.id),
            ("state", "=", "draft"), ("channel", "=", "portal"),
        ], limit=1)
        if draft:
            return draft
        version = item.sudo().current_version_id
        if not version or not version._is_online():
            raise UserError(self.env._("This item cannot be applied for online."))
        try:
            with self.env.cr.savepoint(flush=True):
                draft = cases.create({
                    "applicant_id": partner.id,
                    "item_id": item.id,
                    "channel": "portal",
                    "area_id": partner.sudo().area_id.id,
                })
                draft.flush_recordset()
        except errors.UniqueViolation as error:
            # the other request's draft is visible only to a new transaction
            raise ConcurrencyError(str(error)) from error
        return draft

    def _draft_save(self, values):
        """Save what has been typed so far; what cannot be kept is named, the rest is saved.

        Keys: on_behalf, principal_name, principal_relation, principal_identity_kind,
        principal_identity, principal_mobile (kept encrypted, only when valid), consent (bool),
        consent_text, area_id, note, draft_step. Others are ignored.

        :return: {"saved": [keys], "errors": {key: message}}
        """
        self.ensure_one()
        self._check_hand()
        case = self.sudo()
        if case.state != "draft":
            raise UserError(self.env._("The application has been handed in already."))
        given = {key: value for key, value in values.items() if key in SAVED_KEYS}
        found, vals = {}, {}
        for key in ("principal_name", "principal_relation", "note"):
            if key in given:
                text = str(given[key] or "").strip()
                if len(text) > MAX_TEXT[key]:
                    found[key] = self.env._("At most %s characters.", MAX_TEXT[key])
                else:
                    vals[key] = text or False
        if "on_behalf" in given:
            vals["on_behalf"] = bool(given["on_behalf"])
            if not vals["on_behalf"]:
                vals["principal_id"] = case.applicant_id.id
            elif case.principal_id == case.applicant_id:
                vals["principal_id"] = False
        if "consent" in given or "consent_text" in given:
            text = str(given.get("consent_text") or "")[:MAX_TEXT["consent_text"]]
            vals["consent_text"] = given.get("consent", True) and (
                text or case._consent_default(vals.get("principal_name"))
            )
        if "draft_step" in given:
            vals["draft_step"] = min(max(whole(given["draft_step"]), 0), 9)
        if "area_id" in given:
            area = self.env["yst.area"].sudo().browse(whole(given["area_id"])).exists()
            if area.active and area.kind in ("village", "community", "grid"):
                vals["area_id"] = area.id
            else:
                found["area_id"] = self.env._("Choose your village or community.")
        case.write(vals)
        if case.on_behalf:
            found.update(case._save_principal(given))
        return {"saved": sorted(set(given) - set(found)), "errors": found}

    def _consent_default(self, name=None):
        return self.env._(
            "%(principal)s has agreed that %(applicant)s applies for “%(item)s” for them and "
            "hands in their papers.",
            principal=name or self.principal_name or self.principal_id.name or "",
            applicant=self.applicant_id.name,
            item=self.version_id.name,
        )

    def _save_principal(self, given):
        """Find or note down the person it is for; errors by key, nothing about who was found."""
        errors_by_key = {}
        number = str(given.get("principal_identity") or "").strip()
        name = self.principal_name
        partners = self.env["res.partner"].sudo()
        if number and name:
            kind = given.get("principal_identity_kind") or "resident_id"
            try:
                with self.env.cr.savepoint():
                    person = partners._search_by_identity(number)[:1]
                    if person and person.name != name:
                        raise ValidationError(
                            self.env._("The name and the number do not belong together.")
                        )
                    if person and person == self.applicant_id:
                        raise ValidationError(self.env._("This is your own number."))
                    if not person:
                        person = self._own_principal() or partners.create(
                            {"name": name, "is_resident": True}
                        )
                        person.name = name
                        person._set_identity(kind, number)
                    self.principal_id = person
            except (ValidationError, UserError) as error:
                errors_by_key["principal_identity"] = str(error)
        elif self.principal_id and name and self._own_principal() == self.principal_id:
            self.principal_id.name = name
        elif self.principal_id and name and self.principal_id.name != name:
            self.principal_id = False
        mobile = str(given.get("principal_mobile") or "").strip()
        if mobile and self._own_principal():
            try:
                self.principal_id._set_mobile(mobile)
            except (ValidationError, UserError) as error:
                errors_by_key["principal_mobile"] = str(error)
        return errors_by_key

    def _own_principal(self):
        """The person noted down by this very draft, whose details may still be put right."""
        person = self.principal_id
        if (
            person
            and person != self.applicant_id
            and person.create_uid == self.env.user
            and not person.user_ids
            and self.sudo().search_count([("principal_id", "=", person.id)], limit=2) == 1
            and not self.sudo().search_count([("applicant_id", "=", person.id)], limit=1)
        ):
            return person
        return self.env["res.partner"]

    def _upload_consent(self, data, filename):
        """Take a photo of the signed consent (委托书); returns as ``line._upload``."""
        self.ensure_one()
        self._check_hand()
        if self.sudo().state != "draft":
            raise UserError(self.env._("The application has been handed in already."))
        evidence = self.sudo()._evidence_add(data, filename)
        self.sudo().consent_evidence_id = evidence
        return {"evidence_id": evidence.id, "problems": list(evidence.problems or [])}

    def _remove_upload(self, evidence):
        """Take back a photo that has not been handed in yet; it is deleted."""
        self.ensure_one()
        self._check_hand()
        case = self.sudo()
        reason = self.env._("Taken back before it was handed in")
        if case.state == "draft" and evidence.id == case.consent_evidence_id.id:
            case.consent_evidence_id = False
            case._evidence_forget(reason, evidence)
            return
        line = case.line_ids.filtered(lambda one: evidence.id in one.photo_ids.ids)
        if not line or not line._may_upload() or line.revision != case.correction_count:
            raise UserError(self.env._("This photo has been handed in and stays."))
        line.photo_ids = [fields.Command.unlink(evidence.id)]
        line._evidence_forget(reason, evidence)
        if not line.photo_ids:
            line.state = "missing" if case.state == "draft" else "rejected"
