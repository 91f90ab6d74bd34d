from odoo import api, fields, models
from odoo.tools import SQL

PENDING = "yst_video.revision"


class VideoRevision(models.Model):
    """Revision of what the bridges are told (配置版本): the number of changes so far.

    Each transaction that changes something adds a row instead of counting up a shared one, so
    nobody waits and nobody fails; the revision is the sum. Read in one transaction with the
    configuration, it belongs to exactly that configuration.
    """

    _name = "yst.video.revision"
    _description = "Revision of the Bridge Configuration"
    _log_access = False

    bumps = fields.Integer(required=True, readonly=True, default=1)

    @api.model
    def _bump(self):
        """The configuration changes with this transaction; however often it is called, once."""
        precommit = self.env.cr.precommit
        if PENDING not in precommit.data:
            precommit.data[PENDING] = True
            precommit.add(self.sudo()._store_pending)

    @api.model
    def _current(self):
        """The revision of the configuration as this transaction sees it; 0 at the beginning."""
        self._store_pending()
        return self.env.execute_query(
            SQL("SELECT COALESCE(SUM(bumps), 0)::bigint FROM yst_video_revision")
        )[0][0]

    @api.model
    def _store_pending(self):
        if self.env.cr.precommit.data.pop(PENDING, None):
            self.env.cr.execute(SQL("INSERT INTO yst_video_revision (bumps) VALUES (1)"))

    @api.autovacuum
    def _gc_rows(self):
        """Fold the rows into one; the sum stays."""
        self.env.cr.execute(
            SQL(
                """WITH gone AS (DELETE FROM yst_video_revision RETURNING bumps)
                   INSERT INTO yst_video_revision (bumps)
                   SELECT SUM(bumps) FROM gone HAVING COUNT(*) > 0"""
            )
        )
        self.invalidate_model()
