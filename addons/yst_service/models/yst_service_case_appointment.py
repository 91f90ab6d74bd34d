from odoo import models
from odoo.exceptions import UserError

from ..rules import needs_visit


class ServiceCase(models.Model):
    """Appointments of an application."""

    _inherit = "yst.service.case"

    def _slots_open(self, limit=60):
        """Times that can be booked for this application."""
        self.ensure_one()
        return self.env["yst.service.slot"]._open_for(
            self.sudo().area_id, "window", self.sudo().category_id, limit
        )

    def _appoint(self, slot):
        """Book ``slot``; an appointment that stands is given up for it.

        :raises UserError: full, past, not for this item or area, or nothing to come for
        """
        self.ensure_one()
        slot = self.env["yst.service.slot"].sudo().browse(getattr(slot, "id", slot)).exists()
        if not needs_visit(self.version_id.online):
            raise UserError(self.env._("This item needs no visit."))
        above = [int(one) for one in (self.area_id.parent_path or "").split("/") if one]
        if (
            not slot
            or slot.kind != "window"
            or slot.area_id.id not in above
            or (slot.category_ids and self.category_id not in slot.category_ids)
        ):
            raise UserError(self.env._("This time is not for your application."))
        self._lock()
        if self.state == "appointed" and slot == self.appointment_id.slot_id:
            return self.appointment_id
        slot._take()
        if self.state == "appointed":
            self.appointment_id._cancel()
        self.env["yst.service.appointment"].flush_model(["state"])
        appointment = self.env["yst.service.appointment"].sudo().create({
            "case_id": self.id, "slot_id": slot.id, "area_id": self.area_id.id,
        })
        self._move(
            "appointed", ("accepted", "reviewing", "appointed"), "appointed",
            {"appointment_id": appointment.id}, notes=slot.display_name,
            message=self.env._("Appointment: %s", slot.display_name),
        )
        self._notify("appointed")
        return appointment

    def _unappoint(self):
        """Cancel the appointment that stands; back to review."""
        self.ensure_one()
        self._lock()
        appointment = self.appointment_id
        self._move(
            "reviewing", ("appointed",), "appointment_cancelled",
            notes=appointment.slot_id.display_name,
            message=self.env._("Appointment cancelled."),
        )
        appointment._cancel()
        return True
