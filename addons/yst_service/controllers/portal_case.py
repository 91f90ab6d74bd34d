"""My applications (我的办件): where they stand, and what the resident can do about them."""

from odoo import http
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.http import content_disposition, request
from odoo.tools import html2plaintext, plaintext2html

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager
from odoo.addons.yst_base import qr

from ..rules import ENDED_STATES, HANDLED_STATES, OPEN_STATES, needs_visit
from . import portal_common as common

PAGE = 20
TEXT = 1000
MESSAGES_AN_HOUR = 30
#: Papers that a resident can take away, by the name in the address.
PAPERS = {
    "receipt": "yst_service.report_receipt",
    "acceptance": "yst_service.report_acceptance",
    "refusal": "yst_service.report_refusal",
    "correction": "yst_service.report_correction",
}
#: Of no concern to the resident.
OFFICE_EVENTS = ("clerk_changed", "followed_up")
#: Something is expected of the applicant: finish, correct, make an appointment or keep it.
NEEDS = Domain("state", "in", ("draft", "correction", "appointed")) | (
    Domain("state", "in", ("accepted", "reviewing"))
    & Domain("version_id.online", "!=", "full")
    & ~Domain("home_visit_ids.state", "in", ("requested", "confirmed"))
)
RUNNING = Domain("state", "in", OPEN_STATES)


class PortalCase(http.Controller):
    # ------------------------------------------------------------------ pages

    @http.route(
        ["/my/cases", "/my/cases/page/<int:page>"],
        type="http", auth="yst_resident", website=True, sitemap=False,
    )
    def cases(self, page=1, show="all", **kwargs):
        cases = request.env["yst.service.case"].sudo()
        mine = own_cases()
        filters = case_filters(request.env)
        show = show if show in filters else "all"
        domain = mine & filters[show][1]
        counts = {code: cases.search_count(mine & one) for code, (_n, one) in filters.items()}
        pager = portal_pager(
            url="/my/cases", url_args={"show": show}, page=page, step=PAGE, total=counts[show]
        )
        found = cases.search(domain, order="id desc", limit=PAGE, offset=pager["offset"])
        return common.page(
            "yst_service.portal_cases",
            page_name="yst_cases",
            cases=found,
            filters=[
                {"code": code, "name": name, "count": counts[code]}
                for code, (name, _domain) in filters.items()
            ],
            show=show,
            pager=pager,
        )

    @http.route(
        "/my/cases/<int:case_id>", type="http", auth="yst_resident", website=True, sitemap=False
    )
    def case(self, case_id, **kwargs):
        case = common.owned("yst.service.case", case_id)
        applies = case.applicant_id == common.resident()
        if case.state == "draft":
            return common.see(f"/my/apply/{case.item_id.code}" if applies else "/my/cases")
        visit = needs_visit(case.version_id.online)
        return common.page(
            "yst_service.portal_case",
            page_name="yst_case",
            case=case,
            events=case.event_ids.filtered(lambda one: one.kind not in OFFICE_EVENTS)[::-1],
            may={
                "correct": applies and case.state == "correction",
                "book": visit and case.state in ("accepted", "reviewing", "appointed"),
                "home": case.version_id.home_visit and case.state in HANDLED_STATES,
                "withdraw": case.state in OPEN_STATES,
                "rate": case.state == "completed" and not case.rating_ids.filtered("consumed"),
            },
            papers=self._papers(case),
            messages=(messages := self._messages(case)),
            texts={one.id: html2plaintext(one.body) for one in messages},
            levels=rating_levels(request.env),
            field_labels={
                name: dict(case[records]._fields[name]._description_selection(request.env))
                for name, records in (("state", "line_ids"), ("kind", "event_ids"))
            },
        )

    @http.route(
        "/my/cases/<int:case_id>/receipt",
        type="http", auth="yst_resident", website=True, sitemap=False,
    )
    def receipt(self, case_id, **kwargs):
        case = common.owned("yst.service.case", case_id)
        if not case.number:
            return common.see("/my/cases")
        return common.page("yst_service.portal_receipt", page_name="yst_case", case=case)

    @http.route(
        "/my/cases/<int:case_id>/qr.png", type="http", auth="yst_resident", sitemap=False
    )
    def qr_code(self, case_id, **kwargs):
        """The code that the clerk scans."""
        case = common.owned("yst.service.case", case_id)
        if not case.number:
            raise request.not_found()
        png = qr.make(case._scan_url())
        return request.make_response(
            png, [("Content-Type", "image/png"), *common.NO_STORE.items()]
        )

    @http.route(
        "/my/cases/<int:case_id>/<string:paper>.pdf",
        type="http", auth="yst_resident", sitemap=False,
    )
    def paper(self, case_id, paper, **kwargs):
        """A receipt or notice as PDF."""
        case = common.owned("yst.service.case", case_id)
        if paper not in dict(self._papers(case)):
            raise request.not_found()
        report = request.env["ir.actions.report"].sudo()
        pdf, _kind = report.with_context(force_report_rendering=True)._render_qweb_pdf(
            PAPERS[paper], case.ids
        )
        headers = [
            ("Content-Type", "application/pdf"),
            ("X-Content-Type-Options", "nosniff"),
            ("Content-Disposition", content_disposition(f"{case.number}-{paper}.pdf")),
            *common.NO_STORE.items(),
        ]
        return request.make_response(pdf, headers)

    @http.route(
        "/my/cases/<int:case_id>/correct",
        type="http", auth="yst_resident", website=True, sitemap=False, methods=["GET"],
    )
    def correct(self, case_id, **kwargs):
        """Only what was found faulty is asked for again."""
        case = self._applied(case_id)
        if case.state != "correction":
            return common.see(f"/my/cases/{case.id}")
        lines = case.line_ids.filtered(
            lambda line: line.correction_number == case.correction_count
        )
        return common.page(
            "yst_service.portal_correction",
            page_name="yst_case",
            case=case,
            lines=lines,
            correction=case.correction_ids.filtered(
                lambda one: one.number == case.correction_count
            ),
        )

    @http.route(
        "/my/cases/<int:case_id>/slots",
        type="http", auth="yst_resident", website=True, sitemap=False,
    )
    def slots(self, case_id, **kwargs):
        """Times at which the resident can come to the window."""
        case = common.owned("yst.service.case", case_id)
        if case.state not in ("accepted", "reviewing", "appointed"):
            return common.see(f"/my/cases/{case.id}")
        return common.page(
            "yst_service.portal_slots",
            page_name="yst_case",
            case=case,
            days=by_day(case._slots_open()),
        )

    # ------------------------------------------------------------------ actions

    @http.route(
        "/my/cases/<int:case_id>/resubmit",
        type="http", auth="yst_resident", website=True, sitemap=False, methods=["POST"],
    )
    @common.resident_action
    def resubmit(self, case_id, **kwargs):
        case = self._applied(case_id)
        case.action_resubmit()
        return self._done(case, request.env._("The correction has been handed in."))

    @http.route(
        "/my/cases/<int:case_id>/book",
        type="http", auth="yst_resident", website=True, sitemap=False, methods=["POST"],
    )
    @common.resident_action
    def book(self, case_id, slot="", **kwargs):
        case = common.owned("yst.service.case", case_id)
        if not slot.isdecimal():
            raise UserError(request.env._("Choose a time."))
        case._book(request.env["yst.service.slot"].sudo().browse(int(slot)))
        return self._done(case, request.env._("The appointment has been made."))

    @http.route(
        "/my/cases/<int:case_id>/unbook",
        type="http", auth="yst_resident", website=True, sitemap=False, methods=["POST"],
    )
    @common.resident_action
    def unbook(self, case_id, **kwargs):
        case = common.owned("yst.service.case", case_id)
        if case.state == "appointed":
            case._cancel_booking()
        return self._done(case, request.env._("The appointment has been cancelled."))

    @http.route(
        "/my/cases/<int:case_id>/withdraw",
        type="http", auth="yst_resident", website=True, sitemap=False, methods=["POST"],
    )
    @common.resident_action
    def withdraw(self, case_id, reason="", **kwargs):
        case = common.owned("yst.service.case", case_id)
        if case.state in OPEN_STATES:
            case.action_withdraw(common.clean(reason, TEXT) or None)
        return self._done(case, request.env._("The application has been withdrawn."))

    @http.route(
        "/my/cases/<int:case_id>/rate",
        type="http", auth="yst_resident", website=True, sitemap=False, methods=["POST"],
    )
    @common.resident_action
    def rate(self, case_id, level="", text="", **kwargs):
        case = common.owned("yst.service.case", case_id)
        case.action_rate(level, common.clean(text, TEXT))
        return self._done(case, request.env._("Thank you for telling us."))

    @http.route(
        "/my/cases/<int:case_id>/message",
        type="http", auth="yst_resident", website=True, sitemap=False, methods=["POST"],
    )
    @common.resident_action
    def message(self, case_id, text="", **kwargs):
        """A message to whoever handles it: text alone."""
        case = common.owned("yst.service.case", case_id)
        text = common.clean(text, 2000)
        if not text:
            raise UserError(request.env._("Write something first."))
        attempts, source = request.env["yst.portal.attempt"], str(request.env.uid)
        if attempts._too_many("message", source, MESSAGES_AN_HOUR):
            raise UserError(request.env._("Too many messages. Try again in an hour."))
        attempts._record("message", source)
        case.message_post(
            body=plaintext2html(text),
            author_id=common.resident().id,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        case._notify_clerk(text)
        return self._done(case, request.env._("The message has been sent."), "#messages")

    # ------------------------------------------------------------------ helpers

    def _applied(self, case_id):
        """The application, if the reader is the one who applies."""
        case = common.owned("yst.service.case", case_id)
        if case.applicant_id != common.resident():
            raise request.not_found()
        return case

    def _done(self, case, message, anchor=""):
        common.say(message)
        return common.go(f"/my/cases/{case.id}{anchor}")

    def _papers(self, case):
        """Which papers there are by now: (name in the address, label)."""
        env, kinds = request.env, set(case.event_ids.mapped("kind"))
        papers = [
            ("receipt", env._("Receipt"), bool(case.number)),
            ("correction", env._("Correction notice"), bool(case.correction_ids)),
            ("acceptance", env._("Notice of acceptance"), "accepted" in kinds),
            ("refusal", env._("Notice of non-acceptance"), case.state == "refused"),
        ]
        return [(name, label) for name, label, there in papers if there]

    def _messages(self, case):
        """What resident and office wrote to each other, without the office's own notes."""
        return request.env["mail.message"].sudo().search(
            [
                ("model", "=", case._name),
                ("res_id", "=", case.id),
                ("message_type", "in", ("comment", "email")),
                ("subtype_id", "=", request.env.ref("mail.mt_comment").id),
                ("is_internal", "=", False),
            ],
            order="id",
            limit=200,
        )


class ResidentHome(CustomerPortal):
    """The resident's own page: what waits for them first."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        cases = request.env["yst.service.case"].sudo()
        mine = own_cases()
        if "yst_needs_count" in counters:
            values["yst_needs_count"] = cases.search_count(mine & NEEDS)
        if "yst_running_count" in counters:
            values["yst_running_count"] = cases.search_count(mine & RUNNING & ~NEEDS)
        return values


def own_cases():
    """Applications that the reader makes, and those made for them."""
    partner = common.resident()
    return Domain("applicant_id", "=", partner.id) | (
        Domain("principal_id", "=", partner.id) & Domain("state", "!=", "draft")
    )


def case_filters(env):
    """Code, label and domain of the filters of the list."""
    return {
        "all": (env._("All"), Domain.TRUE),
        "needs": (env._("Waiting for you"), NEEDS),
        "running": (env._("In progress"), RUNNING & ~NEEDS),
        "finished": (env._("Finished"), Domain("state", "in", ENDED_STATES)),
    }


def by_day(slots):
    """Slots grouped by the office's day: [{"day": text, "slots": recordset}]."""
    days = {}
    for slot in slots:
        days.setdefault(common.when(slot.start, "day"), []).append(slot)
    return [{"day": day, "slots": found} for day, found in days.items()]


def rating_levels(env):
    """The five levels of the rating (好差评), best first."""
    return [
        (5, env._("Very satisfied")),
        (4, env._("Satisfied")),
        (3, env._("Fairly satisfied")),
        (2, env._("Dissatisfied")),
        (1, env._("Very dissatisfied")),
    ]
