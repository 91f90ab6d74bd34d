from datetime import timedelta

from odoo import api, fields, models


class PortalAttempt(models.Model):
    """A failed try of somebody at the public site (失败尝试), counted to slow down guessing.

    Holds who (a user id or a network address) and when, never what was tried.
    """

    _name = "yst.portal.attempt"
    _description = "Failed attempt at the public site"
    _order = "id desc"

    kind = fields.Char(required=True)
    source = fields.Char(required=True)

    _kind_source_idx = models.Index("(kind, source, create_date)")

    @api.model
    def _too_many(self, kind, source, limit, minutes=60):
        """Whether `source` failed `limit` times or more in the last `minutes`."""
        since = fields.Datetime.now() - timedelta(minutes=minutes)
        failures = self.sudo().search_count(
            [("kind", "=", kind), ("source", "=", source), ("create_date", ">=", since)],
            limit=limit,
        )
        return failures >= limit

    @api.model
    def _record(self, kind, source):
        self.sudo().create({"kind": kind, "source": source})

    @api.autovacuum
    def _gc_attempts(self):
        day_ago = fields.Datetime.now() - timedelta(days=1)
        self.sudo().search([("create_date", "<", day_ago)], limit=10_000).unlink()
