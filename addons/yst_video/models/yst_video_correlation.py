from odoo import api, fields, models
from odoo.tools import SQL


class YstVideoCorrelation(models.Model):
    """Orders for alerts of one kind are made one transaction after the other.

    Otherwise two bridges that report one happening in the same moment would make an order each.
    Whoever comes second fails to serialize, is run again by the server and sees the first order.
    """

    _name = "yst.video.correlation"
    _description = "Turn in making orders from alerts"
    _log_access = False
    _rec_name = "kind"

    kind = fields.Char(required=True, readonly=True)
    turns = fields.Integer(required=True, readonly=True, default=1)

    _kind_uniq = models.UniqueIndex("(kind)")

    @api.model
    def _take_turn(self, kinds):
        """Wait for the others who make orders for alerts of these kinds; one statement."""
        self.env.cr.execute(
            SQL(
                """INSERT INTO yst_video_correlation (kind, turns)
                        SELECT kind, 1 FROM unnest(%s::text[]) AS given(kind)
                   ON CONFLICT (kind) DO UPDATE SET turns = yst_video_correlation.turns %% 1000 + 1
                """,
                sorted(set(kinds)),
            )
        )
