from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from odoo.addons.yst_base import limits, numbering
from odoo.addons.yst_base.identity import age_on

from ..rules import home_visit_refusal

#: Visits that one resident may have asked for at a time, for themselves and their family.
MAX_OPEN = 5
REQUEST_KEYS = {"eligibility", "address", "wish", "case_id", "item_id", "area_id"}


class ServiceHomeVisit(models.Model):
    """A visit to someone who cannot come (上门服务).

    For people of 70 and more, with disability grade 1–2, ill at home, or assigned by the
    community; within 3 working days, by two cadres. All four figures are settings.
    """

    _name = "yst.service.home.visit"
    _description = "Home Visit"
    _inherit = [
        "mail.thread", "mail.activity.mixin", "yst.area.mixin", "yst.state.mixin",
        "yst.clock.mixin", "yst.evidence.mixin",
    ]
    _order = "clock_deadline, id"
    _rec_name = "number"

    number = fields.Char(readonly=True, copy=False)
    partner_id = fields.Many2one(
        "res.partner", required=True, index=True, ondelete="restrict", string="Resident"
    )
    requested_by_id = fields.Many2one(
        "res.partner", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    case_id = fields.Many2one(
        "yst.service.case", index="btree_not_null", ondelete="restrict", string="Application"
    )
    item_id = fields.Many2one("yst.service.item", ondelete="restrict")
    eligibility = fields.Selection(
        [
            ("age", "Of age"),
            ("disability", "Severe disability"),
            ("ill", "Ill at home"),
            ("assigned", "Assigned by the community"),
        ],
        required=True,
    )
    area_id = fields.Many2one(required=True)
    address = fields.Char(required=True)
    wish = fields.Text(help="What it is about and when it suits.")
    proof_ids = fields.Many2many(
        "yst.evidence", "yst_service_home_visit_proof_rel", "visit_id", "evidence_id",
        string="Proofs", readonly=True,
    )
    state = fields.Selection(
        [
            ("requested", "Requested"),
            ("confirmed", "Confirmed"),
            ("visited", "Visited"),
            ("refused", "Refused"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="requested",
        readonly=True,
        index=True,
    )
    requested_at = fields.Datetime(readonly=True)
    slot_id = fields.Many2one("yst.service.slot", readonly=True, ondelete="restrict")
    start = fields.Datetime(readonly=True, string="Visit begins")
    end = fields.Datetime(readonly=True, string="Visit ends")
    cadre_ids = fields.Many2many(
        "res.users", "yst_service_home_visit_cadre_rel", "visit_id", "user_id",
        string="Cadres", readonly=True,
    )
    visited_at = fields.Datetime(readonly=True)
    record_text = fields.Text(readonly=True, string="Record of the visit")
    photo_ids = fields.Many2many(
        "yst.evidence", "yst_service_home_visit_photo_rel", "visit_id", "evidence_id",
        string="Photos", readonly=True,
    )
    refuse_reason_id = fields.Many2one("yst.service.reason", readonly=True, ondelete="restrict")
    refuse_note = fields.Text(readonly=True)

    _one_open = models.UniqueIndex(
        "(case_id) WHERE state IN ('requested', 'confirmed')",
        "A home visit for this application has been asked for already.",
    )

    # --- CRUD

    @api.model_create_multi
    def create(self, vals_list):
        """By staff: a request on the phone. Residents' requests come by ``_request_for``."""
        if not self.env.su:
            allowed = REQUEST_KEYS | {"partner_id"}
            for vals in vals_list:
                if set(vals) - allowed - {"activity_ids", "message_follower_ids", "message_ids"}:
                    raise AccessError(self.env._("A home visit moves by its actions."))
        visits = super(
            ServiceHomeVisit, self.with_context(mail_create_nosubscribe=True)
        ).create(vals_list)
        if not self.env.su:
            for visit in visits.with_env(self.env):
                visit._check_case()
                visit._check_eligible(by_staff=True)
        visits._begin()
        return visits.with_env(self.env)

    def write(self, vals):
        if not self.env.su and set(vals) - {"address", "wish", "activity_ids",
                                            "message_follower_ids"}:
            raise AccessError(self.env._("A home visit moves by its actions."))
        return super().write(vals)

    def _check_case(self):
        """The application is one that the user handles, and this person's.

        :raises AccessError: of another area, or the user's own
        """
        if not self.case_id:
            return
        self.case_id._check_clerk()
        case = self.case_id.sudo()
        if self.partner_id not in (case.applicant_id, case.principal_id):
            raise UserError(self.env._("The application is another person's."))

    def _begin(self):
        """Allot the number and start the clock."""
        now = fields.Datetime.now()
        year = limits.to_local(now).year
        numbers = self.env["yst.number"].sudo()._next_batch("SM", year, len(self))
        for visit, number in zip(self.sudo(), numbers, strict=True):
            visit.write({
                "number": numbering.format_case("SM", year, number), "requested_at": now,
            })
        days = self.env["yst.service.case"]._setting_int("home_visit_days")
        self.sudo()._clock_start(days, "workday", at=now)

    def _check_eligible(self, by_staff=False):
        """:raises UserError: why this resident cannot ask for a visit on this ground"""
        self.ensure_one()
        setting = self.env["yst.service.case"]._setting_int
        partner = self.partner_id.sudo()
        today = limits.to_local(fields.Datetime.now()).date()
        code = home_visit_refusal(
            self.eligibility,
            age=age_on(partner.birthdate, today) if partner.birthdate else None,
            grade=int(partner.disability_grade or 0),
            proofs=1 if by_staff else len(self.proof_ids),
            by_staff=by_staff,
            min_age=setting("home_visit_age"),
            max_grade=setting("home_visit_grade"),
        )
        if by_staff and code == "no_grade" and not partner.disability_grade:
            code = None  # seen by the staff, not in the register yet
        messages = {
            "too_young": self.env._(
                "Home visits on account of age are for people of %s and more whose identity "
                "number is registered.", setting("home_visit_age")
            ),
            "no_grade": self.env._(
                "A disability of grade 1 or 2 is not registered. Ask your community, or choose "
                "“ill at home” and add a proof."
            ),
            "no_proof": self.env._("Add a photo of a proof, such as a doctor's certificate."),
            "staff_only": self.env._("Only the community's staff can assign a home visit."),
        }
        if code:
            raise UserError(messages.get(code) or self.env._("Choose why you need a home visit."))

    # --- the resident

    def _check_owner(self, partner=None):
        """:raises AccessError: unless ``partner`` (default: the user's) asked or is visited"""
        partner = partner or self.env.user.partner_id
        for visit in self.sudo():
            if not partner or partner not in (visit.partner_id, visit.requested_by_id):
                raise AccessError(self.env._("This is not your request."))

    @api.model
    def _request_for(self, partner, values, proofs=()):
        """Ask for a visit (申请上门): by ``partner`` for themselves or the one they act for.

        :param values: eligibility, address, wish, area_id, case_id, item_id; others are ignored
        :param proofs: [(bytes, filename)]
        :raises UserError: not eligible, or something is missing
        """
        given = {key: values[key] for key in REQUEST_KEYS if values.get(key)}
        case = self.env["yst.service.case"].sudo().browse(int(given.get("case_id") or 0)).exists()
        if case:
            case._check_owner(partner)
        person = case.principal_id or partner
        area = self.env["yst.area"].sudo().browse(
            int(given.get("area_id") or case.area_id.id or person.sudo().area_id.id or 0)
        ).exists()
        if not area:
            raise UserError(self.env._("Choose your village or community."))
        if not str(given.get("address") or "").strip():
            raise UserError(self.env._("Enter the address to come to."))
        if given.get("eligibility") not in dict(self._fields["eligibility"].selection):
            raise UserError(self.env._("Choose why you need a home visit."))
        if case and not case._is_open():
            raise UserError(self.env._("The application has ended already."))
        if case and not case.version_id.home_visit:
            raise UserError(self.env._("This item cannot be handled at home."))
        waiting = self.sudo().search_count([
            ("requested_by_id", "=", partner.id), ("state", "in", ("requested", "confirmed")),
        ], limit=MAX_OPEN)
        if waiting >= MAX_OPEN:
            raise UserError(self.env._(
                "You have asked for %s home visits already. Wait for them, or cancel one.",
                MAX_OPEN,
            ))
        visit = self.sudo().create({
            "partner_id": person.id,
            "requested_by_id": partner.id,
            "case_id": case.id,
            "item_id": case.item_id.id or int(given.get("item_id") or 0) or False,
            "eligibility": given.get("eligibility"),
            "area_id": area.id,
            "address": str(given["address"]).strip()[:200],
            "wish": str(given.get("wish") or "").strip()[:1000] or False,
        })
        for data, filename in proofs:
            visit.proof_ids = [Command.link(visit._evidence_add(data, filename).id)]
        visit._check_eligible(by_staff=False)
        return visit

    def action_cancel(self):
        """Cancel (取消): by the resident, or by staff when the resident no longer wants it."""
        if self.env.user.share:
            self._check_owner()
        else:
            self._check_staff()
        visits = self.sudo()
        visits._transition("cancelled", ("requested", "confirmed"))
        visits._give_back()
        visits._clock_stop()
        return True

    # --- staff

    def _check_staff(self):
        if self.env.user.share:
            raise AccessError(self.env._("Only staff may do this."))
        self.sudo(self.env.uid == api.SUPERUSER_ID).check_access("write")
        partner = self.env.user.partner_id
        for visit in self.sudo():
            if partner in (visit.partner_id, visit.requested_by_id):
                raise AccessError(self.env._("Leave your own request to a colleague."))

    def action_confirm(self, cadres, slot=None, start=None, end=None):
        """Confirm (确认): who comes and when, from a slot or at a time agreed by phone."""
        self.ensure_one()
        self._check_staff()
        cadres = self.env["res.users"].sudo().browse(getattr(cadres, "ids", cadres)).exists()
        needed = self.env["yst.service.case"]._setting_int("home_visit_cadres")
        if len(cadres) < needed or any(user.share for user in cadres):
            raise UserError(self.env._("Home visits are made by at least %s cadres.", needed))
        visit = self.sudo()
        if slot:
            slot = self.env["yst.service.slot"].sudo().browse(getattr(slot, "id", slot)).exists()
            above = [int(one) for one in (visit.area_id.parent_path or "").split("/") if one]
            if slot.kind != "home" or slot.area_id.id not in above:
                raise UserError(self.env._("This time is not for home visits."))
            start, end = slot.start, slot.end
        if not start or not end or start >= end or start <= fields.Datetime.now():
            raise UserError(self.env._("Choose a time that is still to come."))
        if slot and slot != visit.slot_id:
            visit._give_back()
            slot._take()
        when = limits.to_local(fields.Datetime.to_datetime(start))
        visit._transition(
            "confirmed", ("requested", "confirmed"),
            {"slot_id": slot.id if slot else False, "start": start, "end": end,
             "cadre_ids": [Command.set(cadres.ids)]},
            message=self.env._("Visit on %(when)s by %(who)s",
                               when=f"{when:%Y-%m-%d %H:%M}", who=", ".join(cadres.mapped("name"))),
        )
        template = self.env.ref("yst_service.mail_home_visit_confirmed", raise_if_not_found=False)
        if template and visit.partner_id.email:
            template.sudo().send_mail_batch(visit.ids, force_send=False)
        return True

    def action_visited(self, record_text, photos=()):
        """Record the visit (上门记录) with its photos; the application is handled on site.

        :param photos: [(name, bytes)], at least one
        """
        self.ensure_one()
        self._check_staff()
        if not (record_text or "").strip():
            raise UserError(self.env._("Write down what was done at the visit."))
        visit = self.sudo()
        for name, data in photos:
            photo = visit._evidence_add(data, name, watermark=True)
            visit.photo_ids = [Command.link(photo.id)]
        if not visit.photo_ids:
            raise UserError(self.env._("Add a photo of the visit."))
        now = fields.Datetime.now()
        visit._transition("visited", ("confirmed",),
                          {"visited_at": now, "record_text": record_text})
        visit._clock_stop(at=now)
        if visit.case_id.state in ("accepted", "reviewing", "appointed"):
            visit.case_id._onsite()
        return True

    def action_refuse(self, reason, note=None):
        """Refuse (不予上门) with a coded reason that tells what to do instead."""
        self._check_staff()
        reason = self.env["yst.service.case"]._reason(reason, "home_visit")
        visits = self.sudo()
        visits._transition("refused", ("requested", "confirmed"),
                           {"refuse_reason_id": reason.id, "refuse_note": note or False})
        visits._give_back()
        visits._clock_stop()
        return True

    def _give_back(self):
        """Give the places of slots back to others."""
        for visit in self.filtered("slot_id"):
            if visit.slot_id.start > fields.Datetime.now():
                visit.slot_id._release()
            visit.slot_id = False
