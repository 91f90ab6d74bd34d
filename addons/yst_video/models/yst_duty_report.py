from odoo import models
from odoo.fields import Domain

from .yst_video_wall import ON_WALL


class DutyReport(models.Model):
    """The duty report also tells the day's alerts (告警)."""

    _inherit = "yst.duty.report"

    def _report_sections(self):
        """What the cameras reported that day, by kind; two statements."""
        sections = super()._report_sections()
        table = self._alert_table()
        cameras = self._camera_table()
        return sections + [each for each in (table, cameras) if each]

    def _alert_table(self):
        _ = self.env._
        start, stop = self._period()
        alerts = self.env["yst.video.alert"].sudo()
        within = Domain("started_at", ">=", start) & Domain("started_at", "<", stop)
        rows = {}
        for kind, judgement, order, count in alerts._read_group(
            self._area_domain() & within, ["kind", "judgement", "order_id"], ["__count"]
        ):
            row = rows.setdefault(kind, {"pending": 0, "true": 0, "false": 0, "orders": set()})
            row[judgement] += count
            if order:
                row["orders"].add(order.id)
        if not rows:
            return None
        labels = alerts._fields["kind"]._description_selection(self.env)
        return {
            "title": _("Alerts of the cameras"),
            "columns": [
                _("Kind"), _("Alerts"), _("True"), _("False alerts"), _("To judge"), _("Orders"),
            ],
            "rows": [
                [
                    label,
                    rows[kind]["pending"] + rows[kind]["true"] + rows[kind]["false"],
                    rows[kind]["true"],
                    rows[kind]["false"],
                    rows[kind]["pending"],
                    len(rows[kind]["orders"]),
                ]
                for kind, label in labels
                if kind in rows
            ],
        }  # fmt: skip

    def _camera_table(self):
        """Cameras as they are at the counting: how many work, how many do not."""
        _ = self.env._
        cameras = self.env["yst.video.camera"].sudo()
        area = self._area_domain()
        active = cameras.search(area & Domain("state", "in", ON_WALL))
        if not active:
            return None
        counts = {}
        for status in self.env["yst.video.wall"]._status(active).values():
            counts[status["state"]] = counts.get(status["state"], 0) + 1
        online = counts.get("live", 0) + counts.get("stale", 0) + counts.get("none", 0)
        return {
            "title": _("Cameras at the time of counting"),
            "columns": [_("In use"), _("Online"), _("Offline"), _("Unknown"), _("In maintenance")],
            "rows": [[
                len(active), online, counts.get("offline", 0), counts.get("unknown", 0),
                counts.get("maintenance", 0),
            ]],
        }  # fmt: skip
