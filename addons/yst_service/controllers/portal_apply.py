"""Applying for an item on a phone, step by step (网上申办)."""

import hashlib

from odoo import http
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.http import request

from . import portal_common as common

STEPS = ("who", "details", "materials", "check")
WRONG_NUMBERS_AN_HOUR = 20
ADDRESS_LENGTH = 120
#: What each step asks; nothing else is taken from its form.
ENTRIES = {
    "who": (
        "on_behalf", "principal_name", "principal_relation", "principal_identity_kind",
        "principal_identity", "principal_mobile", "consent",
    ),
    "details": ("area_id", "address", "mobile", "note"),
    "materials": (),
    "check": (),
}
SIZES = {"note": 3000, "address": 300}


class PortalApply(http.Controller):
    # ------------------------------------------------------------------ pages

    @http.route(
        "/my/apply/<string:code>", type="http", auth="yst_resident", website=True, sitemap=False
    )
    def begin(self, code, **kwargs):
        """Finds or makes the draft for an item, then opens it where it was left."""
        item = request.env["yst.service.item"].sudo().search(
            [("code", "=", code), ("published", "=", True)], limit=1
        )
        if not item:
            raise request.not_found()
        if not common.resident().identity_masked:
            return common.see(f"/my/identity?next=/my/apply/{item.code}")
        try:
            case = request.env["yst.service.case"].sudo()._draft_for(common.resident(), item)
        except UserError as error:
            common.say(error.args[0], kind="warning")
            return common.see(f"/services/{item.code}")
        step = STEPS[min(max(case.draft_step, 1), len(STEPS)) - 1]
        return common.see(f"/my/apply/{case.id}/{step}")

    @http.route(
        f"/my/apply/<int:case_id>/<any({','.join(STEPS)}):step>",
        type="http", auth="yst_resident", website=True, sitemap=False, methods=["GET"],
    )
    def step(self, case_id, step, **kwargs):
        case = self._draft(case_id)
        if case.state != "draft":
            # the back button after handing in
            return common.see(f"/my/cases/{case.id}")
        return self._page(case, step)

    @http.route(
        f"/my/apply/<int:case_id>/<any({','.join(STEPS)}):step>",
        type="http", auth="yst_resident", website=True, sitemap=False, methods=["POST"],
        max_content_length=common.TEXT_LIMIT,
    )
    @common.resident_action
    def next_step(self, case_id, step, **entries):
        """Saves a step and goes on to the next, or says what is still missing."""
        case = self._draft(case_id)
        if case.state != "draft":
            return common.go(f"/my/cases/{case.id}")
        if step == "check":
            return self._submit(case, entries)
        given = self._given(step, entries)
        here = STEPS.index(step) + 1
        errors = self._save(case, given | {"draft_step": here + 1})
        errors = {**self._lacking(case, step, given), **errors}
        if not errors:
            return common.go(f"/my/apply/{case.id}/{STEPS[here]}")
        # what is right has been saved; only the step reached is taken back
        case._draft_save({"draft_step": here})
        if common.wants_json():
            return common.json_errors(errors)
        return self._page(case, step, errors, given)

    def _submit(self, case, entries):
        if not entries.get("declared"):
            raise common.FieldError(
                request.env._("Confirm that what you hand in is true."), "declared"
            )
        case.action_submit()
        return common.go(f"/my/cases/{case.id}/receipt")

    # ------------------------------------------------------------------ draft

    @http.route(
        "/my/apply/<int:case_id>/save", type="http", auth="yst_resident", methods=["POST"],
        sitemap=False, max_content_length=common.TEXT_LIMIT,
    )
    @common.resident_action
    def save(self, case_id, step="", **entries):
        """Saves what has been typed so far; the wrong entries are named, the others kept."""
        case = self._draft(case_id)
        if case.state != "draft":
            raise common.FieldError(
                request.env._("The application has been handed in already."), code="handed_in"
            )
        given = self._given(step, entries)
        errors = self._save(case, {name: value for name, value in given.items() if value != ""
                                   or name not in ("area_id", "principal_identity")})
        return common.json_answer(saved_at=common.clock_text(), errors=errors)

    @http.route(
        "/my/apply/<int:case_id>/discard", type="http", auth="yst_resident", methods=["POST"],
        website=True, sitemap=False,
    )
    @common.resident_action
    def discard(self, case_id, **kwargs):
        """Throws the draft away with everything uploaded for it."""
        case = self._draft(case_id)
        if case.state == "draft":
            case.action_withdraw()
            common.say(request.env._("The draft has been deleted."))
        return common.go("/my/cases")

    # ------------------------------------------------------------------ photos

    @http.route(
        "/my/apply/<int:case_id>/upload", type="http", auth="yst_resident", methods=["POST"],
        sitemap=False, max_content_length=common.UPLOAD_LIMIT,
    )
    @common.resident_action
    def upload(self, case_id, line="", file=None, **kwargs):
        """Takes one photo of a material (`line`: its id, or "consent")."""
        case, line = self._draft(case_id), self._line(case_id, line)
        if not hasattr(file, "read"):
            raise common.FieldError(request.env._("Choose a photo first."), "file", "empty")
        with common.taking_files():
            return self._take_photo(case, line, file)

    def _take_photo(self, case, line, file):
        data, filename = file.read(), file.filename or ""
        # a photo whose answer was lost on the way is sent again by the phone: once is enough
        photo = self._sent_before(case, line, hashlib.sha256(data).hexdigest())
        if not photo:
            result = line._upload(data, filename) if line else case._upload_consent(data, filename)
            photo = request.env["yst.evidence"].sudo().browse(result["evidence_id"])
        offer = photo if line and photo.kind == "photo" and photo._find_paper() else None
        return self._photos_answer(case, line, offer)

    @http.route(
        "/my/apply/<int:case_id>/straighten", type="http", auth="yst_resident", methods=["POST"],
        sitemap=False, max_content_length=common.TEXT_LIMIT,
    )
    @common.resident_action
    def straighten(self, case_id, line="", evidence="", **kwargs):
        """Shows the sheet in a photo from straight above; the photo as taken is kept as well."""
        case, line = self._draft(case_id), self._line(case_id, line)
        photo = self._photo(case, line, evidence)
        if not line or not line._may_upload():
            raise UserError(request.env._("This photo has been handed in and stays."))
        flat = photo._straighten()
        if flat:
            line.photo_ids = [Command.unlink(photo.id), Command.link(flat.id)]
        return self._photos_answer(case, line)

    @http.route(
        "/my/apply/<int:case_id>/remove", type="http", auth="yst_resident", methods=["POST"],
        sitemap=False, max_content_length=common.TEXT_LIMIT,
    )
    @common.resident_action
    def remove(self, case_id, line="", evidence="", **kwargs):
        """Takes a photo back that has not been handed in."""
        case, line = self._draft(case_id), self._line(case_id, line)
        case._remove_upload(self._photo(case, line, evidence))
        return self._photos_answer(case, line)

    def _photo(self, case, line, evidence):
        """One of the photos that now stand for the material."""
        photos = line.photo_ids if line else case.consent_evidence_id
        found = photos.filtered(lambda photo: str(photo.id) == evidence)
        if not found:
            raise request.not_found()
        return found

    def _line(self, case_id, line):
        """The material of this very application; empty for the signed consent."""
        lines = request.env["yst.service.case.line"].sudo()
        if line == "consent":
            return lines
        found = lines.browse(int(line)).exists() if line.isdecimal() else lines
        if not found or found.case_id.id != case_id:
            raise request.not_found()
        return found

    def _sent_before(self, case, line, source_sha256):
        """The photo that was made from the very same file and still stands, if any."""
        photos = line.photo_ids if line else case.consent_evidence_id
        if line and line.revision != case.correction_count:
            return photos.browse()  # those before the correction do not count any more
        return photos.filtered(lambda photo: photo.source_sha256 == source_sha256)[:1]

    def _photos_answer(self, case, line, offer=None):
        if not common.wants_json():
            return common.back(f"/my/apply/{case.id}/materials")
        photos = line.photo_ids if line else case.consent_evidence_id
        html = request.env["ir.qweb"]._render(
            "yst_service.portal_photos",
            {
                "case": case, "line": line, "photos": photos, "editable": True, "offer": offer,
                "csrf_token": request.csrf_token,
            },
        )
        return common.json_answer(html=str(html), complete=bool(photos))

    # ------------------------------------------------------------------ helpers

    def _draft(self, case_id):
        """The application, if the reader is the one who applies."""
        case = common.owned("yst.service.case", case_id)
        if case.applicant_id != common.resident():
            raise request.not_found()
        return case

    def _given(self, step, entries):
        given = {
            name: common.clean(entries.get(name), SIZES.get(name, 100))
            for name in ENTRIES.get(step, ())
            if name in entries
        }
        for name in ("on_behalf", "consent"):
            if name in ENTRIES.get(step, ()):
                given[name] = entries.get(name) == "1"
        return given

    def _save(self, case, given):
        """Saves the entries of a step; messages by entry for those that are wrong."""
        env = request.env
        attempts, source = env["yst.portal.attempt"], str(env.uid)
        number = given.get("principal_identity")
        if number and attempts._too_many("principal", source, WRONG_NUMBERS_AN_HOUR):
            given = {name: value for name, value in given.items() if name != "principal_identity"}
            errors = case._draft_save(given)["errors"]
            errors["principal_identity"] = env._("Too many wrong numbers. Try again in an hour.")
            return errors
        # right or wrong: whether a number is registered must not be found out by trying
        if number and not self._is_principal(case, number):
            attempts._record("principal", source)
        errors = case._draft_save(given)["errors"]
        partner = common.resident()
        if "address" in given and given["address"] != (partner.street or ""):
            if len(given["address"]) > ADDRESS_LENGTH:
                errors["address"] = env._("At most %s characters.", ADDRESS_LENGTH)
            else:
                partner.street = given["address"]
        if not partner.area_id and not case.on_behalf:
            partner.area_id = case.area_id
        if given.get("mobile"):
            try:
                with env.cr.savepoint():
                    common.set_mobile(given["mobile"])
            except ValidationError as error:
                errors["mobile"] = error.args[0]
        return errors

    def _is_principal(self, case, number):
        """Whether the number typed is that of the person noted down already."""
        found = request.env["res.partner"].sudo()._search_by_identity(number)
        return bool(found & case.principal_id)

    def _lacking(self, case, step, given):
        """What a step cannot do without, as messages by entry."""
        env, found = request.env, {}
        if step == "who" and case.on_behalf:
            if not case.principal_name:
                found["principal_name"] = env._("Enter the name as on the identity document.")
            if not case.principal_relation:
                found["principal_relation"] = env._("Enter how you are related.")
            if not case.principal_id:
                found["principal_identity"] = env._("Enter the number of the document.")
            if not given.get("consent"):
                found["consent"] = env._("Confirm that the person agrees.")
        if step == "details":
            if not case.area_id:
                found["area_id"] = env._("Choose your village or community.")
            if not case.applicant_id.mobile_masked:
                found["mobile"] = env._("Enter a mobile number, so that you can be reached.")
        return found

    def _page(self, case, step, errors=None, given=None):
        values = {
            "principal_name": case.principal_name or "",
            "principal_relation": case.principal_relation or "",
            "principal_identity_kind": "resident_id",
            "on_behalf": case.on_behalf,
            "consent": bool(case.consent_text),
            "area_id": str(case.area_id.id or ""),
            "address": case.applicant_id.street or "",
            "note": case.note or "",
            **(given or {}),
        }
        own = case.principal_id and case.principal_id != case.applicant_id
        return common.page(
            f"yst_service.portal_apply_{step}",
            page_name="yst_apply",
            case=case,
            item=case.item_id,
            version=case.version_id,
            step=step,
            steps=self._steps(case),
            errors=errors or {},
            values=values,
            principal=case.principal_id if own else case.principal_id.browse(),
            areas=self._areas() if step == "details" else (),
            kinds=self._kinds() if step == "who" else (),
            problems=case._submit_problems() if step == "check" else (),
        )

    def _steps(self, case):
        env = request.env
        names = (env._("For whom"), env._("Details"), env._("Materials"), env._("Check"))
        return [
            {"code": code, "name": name, "open": number <= max(case.draft_step, 1)}
            for number, (code, name) in enumerate(zip(STEPS, names, strict=True), 1)
        ]

    def _areas(self):
        return request.env["yst.area"].sudo().search(
            [("kind", "in", ("village", "community"))], order="kind, code"
        )

    def _kinds(self):
        field = request.env["res.partner"]._fields["identity_kind"]
        return [
            pair for pair in field._description_selection(request.env) if pair[0] != "none"
        ]
