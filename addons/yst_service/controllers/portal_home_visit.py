"""Asking for a visit at home (上门服务)."""

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from ..rules import home_visit_refusal
from . import portal_common as common
from .portal_case import by_day

OPEN = ("requested", "confirmed")
#: What a resident may give as the reason; "assigned" is for the staff alone.
GROUNDS = ("age", "disability", "ill")
MAX_PROOFS = 3


class PortalHomeVisit(http.Controller):
    @http.route(
        "/my/home-visits", type="http", auth="yst_resident", website=True, sitemap=False
    )
    def visits(self, **kwargs):
        visits = request.env["yst.service.home.visit"].sudo()
        partner = common.resident()
        found = visits.search(
            ["|", ("partner_id", "=", partner.id), ("requested_by_id", "=", partner.id)],
            order="id desc",
            limit=50,
        )
        return common.page(
            "yst_service.portal_home_visits",
            page_name="yst_home_visits",
            visits=found,
            open_states=OPEN,
            state_labels=dict(visits._fields["state"]._description_selection(request.env)),
        )

    @http.route(
        "/my/home-visits/new",
        type="http", auth="yst_resident", website=True, sitemap=False, methods=["GET"],
    )
    def new(self, case=None, **kwargs):
        if not common.resident().identity_masked:
            return common.see("/my/identity?next=/my/home-visits/new")
        return self._form(self._case(case))

    @http.route(
        "/my/home-visits/new",
        type="http", auth="yst_resident", website=True, sitemap=False, methods=["POST"],
        max_content_length=common.UPLOAD_LIMIT,
    )
    @common.resident_action
    def request_visit(self, case=None, proof=None, **entries):
        case = self._case(case)
        values = {
            name: common.clean(entries.get(name), size)
            for name, size in (
                ("eligibility", 20), ("address", 200), ("wish", 1000), ("area_id", 10),
            )
        }
        values["area_id"] = int(values["area_id"]) if values["area_id"].isdecimal() else 0
        values["wish"] = self._with_time(values["wish"], entries.get("slot", ""))
        values["case_id"] = case.id
        proofs = [
            (file.read(), file.filename)
            for file in request.httprequest.files.getlist("proof")[:MAX_PROOFS]
            if file.filename
        ]
        try:
            if values["eligibility"] not in GROUNDS:
                raise common.FieldError(
                    request.env._("Choose why you need a home visit."), "eligibility"
                )
            with common.taking_files():
                request.env["yst.service.home.visit"]._request_for(
                    common.resident(), values, proofs
                )
        except UserError as error:
            request.env.cr.rollback()
            if common.wants_json():
                raise
            return self._form(case, error.args[0], values)
        common.say(request.env._("The visit has been asked for. You will be told the time."))
        return common.go("/my/home-visits")

    @http.route(
        "/my/home-visits/<int:visit_id>/cancel",
        type="http", auth="yst_resident", website=True, sitemap=False, methods=["POST"],
    )
    @common.resident_action
    def cancel(self, visit_id, **kwargs):
        visit = common.owned("yst.service.home.visit", visit_id)
        if visit.state in OPEN:
            visit.action_cancel()
        common.say(request.env._("The visit has been cancelled."))
        return common.go("/my/home-visits")

    # ------------------------------------------------------------------ helpers

    def _case(self, case):
        """The reader's application that the visit is for; none is asked for, or none given."""
        if not (case or "").isdecimal():
            return request.env["yst.service.case"].sudo()
        return common.owned("yst.service.case", int(case))

    def _with_time(self, wish, slot):
        """The wish with the time that the resident picked in front of it."""
        slots = request.env["yst.service.slot"].sudo()
        slot = slots.browse(int(slot)).exists() if slot.isdecimal() else slots
        if not slot or slot.kind != "home":
            return wish
        time = request.env._("Preferred time: %s", common.when(slot.start))
        return "\n".join(filter(None, (time, wish)))

    def _form(self, case, error=None, values=None):
        partner = common.resident()
        person = case.principal_id or partner
        # of somebody else's home no more is shown than the reader has typed in
        known = person == partner or person == case._own_principal()
        area = case.area_id or (person.area_id if known else partner.area_id)
        slots = request.env["yst.service.slot"]._open_for(area, "home", limit=12) if area else ()
        return common.page(
            "yst_service.portal_home_visit_new",
            page_name="yst_home_visits",
            case=case,
            person=person,
            partner=partner,
            grounds=self._grounds(person, known),
            areas=() if case else request.env["yst.area"].sudo().search(
                [("kind", "in", ("village", "community"))], order="kind, code"
            ),
            days=by_day(slots),
            error=error,
            values={
                "address": (person.street or "") if known else "",
                "area_id": area.id,
                **(values or {}),
            },
        )

    def _grounds(self, person, known):
        """Why a visit may be asked for, and whether that holds for this person.

        What the register holds of somebody else is not told: the answer comes with the request.
        """
        env = request.env
        setting = env["yst.service.case"].sudo()._setting_int
        min_age, max_grade = setting("home_visit_age"), setting("home_visit_grade")
        facts = {
            "age": person.age or None,
            "grade": int(person.disability_grade or 0) if known else max_grade,
            "proofs": 1,
            "min_age": min_age,
            "max_grade": max_grade,
        }
        names = {
            "age": env._("%s years or older", min_age),
            "disability": env._("Severe disability (grade 1 to %s)", max_grade),
            "ill": env._("Ill at home, with a proof"),
        }
        return [
            {"code": code, "name": name, "holds": not home_visit_refusal(code, **facts)}
            for code, name in names.items()
        ]
