from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL


class ServiceSlot(models.Model):
    """A time for which appointments can be made (预约时段), at the hall or for home visits."""

    _name = "yst.service.slot"
    _description = "Appointment Time"
    _inherit = ["yst.area.mixin"]
    _order = "start, id"

    kind = fields.Selection(
        [("window", "Service window"), ("home", "Home visit")], required=True, default="window"
    )
    area_id = fields.Many2one(required=True, help="Residents of this area and below may book.")
    place = fields.Char(help="Where to come: hall, floor, window.")
    category_ids = fields.Many2many(
        "yst.service.category", string="Only for", help="Empty: for every item."
    )
    start = fields.Datetime(required=True, index=True)
    end = fields.Datetime(required=True)
    capacity = fields.Integer(required=True, default=1, string="Places")
    booked = fields.Integer(readonly=True, copy=False, default=0)
    left = fields.Integer(compute="_compute_left", string="Places left")
    full = fields.Boolean(compute="_compute_full", store=True)
    appointment_ids = fields.One2many("yst.service.appointment", "slot_id", string="Appointments")
    active = fields.Boolean(default=True)

    _period = models.Constraint('CHECK ("end" > start)', "A time ends after it begins.")
    _capacity = models.Constraint(
        "CHECK (capacity > 0 AND booked BETWEEN 0 AND capacity)",
        "There are never more appointments than places.",
    )
    _free_idx = models.Index('(area_id, kind, start) WHERE NOT "full"')

    @api.depends("capacity", "booked")
    def _compute_left(self):
        for slot in self:
            slot.left = max(slot.capacity - slot.booked, 0)

    @api.depends("capacity", "booked")
    def _compute_full(self):
        for slot in self:
            slot.full = slot.booked >= slot.capacity

    @api.depends("start", "place")
    def _compute_display_name(self):
        for slot in self:
            if not slot.start:
                slot.display_name = slot.place or ""
                continue
            start = fields.Datetime.context_timestamp(slot, slot.start)
            end = fields.Datetime.context_timestamp(slot, slot.end)
            slot.display_name = (
                f"{start:%Y-%m-%d %H:%M}–{end:%H:%M} {slot.place or slot.area_id.name or ''}"
            ).strip()

    @api.constrains("category_ids", "kind")
    def _check_category(self):
        for slot in self:
            if slot.kind == "home" and slot.category_ids:
                raise ValidationError(self.env._("Times for home visits serve every item."))

    def write(self, vals):
        if not self.env.su and "booked" in vals:
            raise UserError(self.env._("Appointments are made and cancelled by their actions."))
        if {"start", "end", "area_id", "kind"} & set(vals) and any(slot.booked for slot in self):
            raise UserError(self.env._(
                "People have appointments at this time. Cancel them first, so that they are told."
            ))
        return super().write(vals)

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            if any(vals.get("booked") for vals in vals_list):
                raise UserError(
                    self.env._("Appointments are made and cancelled by their actions.")
                )
            # given in the values, they win over a default in the context
            vals_list = [
                {**{key: val for key, val in vals.items() if key != "full"}, "booked": 0}
                for vals in vals_list
            ]
        return super().create(vals_list)

    def _take(self):
        """Take one place. The row decides: of two who want the last place one gets it.

        (The other waits, is run again by Odoo and is told that the time is full.)

        :raises UserError: full, past or closed
        """
        self.ensure_one()
        if not self.active or self.start <= fields.Datetime.now():
            raise UserError(self.env._("This time is over. Choose another one."))
        self.flush_recordset()
        self.env.cr.execute(SQL(
            'UPDATE yst_service_slot SET booked = booked + 1, "full" = booked + 1 >= capacity '
            "WHERE id = %s AND booked < capacity", self.id,
        ))
        if not self.env.cr.rowcount:
            raise UserError(self.env._("This time has just been taken. Choose another one."))
        self.invalidate_recordset(["booked", "left", "full"])

    def _release(self):
        """Give one place back."""
        self.ensure_one()
        self.flush_recordset()
        self.env.cr.execute(SQL(
            'UPDATE yst_service_slot SET booked = booked - 1, "full" = FALSE '
            "WHERE id = %s AND booked > 0", self.id,
        ))
        self.invalidate_recordset(["booked", "left", "full"])

    @api.model
    def _open_for(self, area, kind="window", category=None, limit=60):
        """Times with places left for someone who lives in ``area``, soonest first."""
        above = [int(one) for one in (area.sudo().parent_path or "").split("/") if one]
        domain = Domain([
            ("area_id", "in", above),
            ("kind", "=", kind),
            ("full", "=", False),
            ("start", ">", fields.Datetime.now()),
        ])
        if category:
            domain &= Domain("category_ids", "=", False) | Domain(
                "category_ids", "in", category.ids
            )
        return self.sudo().search(domain, limit=limit)
