import odoo
from odoo import api, models
from odoo.tools import SQL

from odoo.addons.bus.models.bus import (
    ODOO_NOTIFY_FUNCTION,
    channel_with_db,
    get_notify_payloads,
    json_dump,
)

CHANGED = "yst_circulation.changed"
_KEY = "yst_circulation.tell"


class CirculationBus(models.AbstractModel):
    """Tells open screens that their owner's inbox has changed (待办数实时更新).

    ``bus.bus`` sends one by one and inserts by the hundred; an item may go to thousands. Here
    everybody concerned is told by one statement before the commit and one after it, whatever
    their number. The message says only *that* something changed: the screen asks again.
    """

    _name = "yst.circulation.bus"
    _description = "Live Count of Open Items"

    @api.model
    def _tell(self, user_ids):
        """Tell these users' open screens, once for the whole transaction.

        :param user_ids: iterable of ids of ``res.users``
        """
        concerned = self.env.cr.precommit.data.setdefault(_KEY, set())
        if not concerned:
            self.env.cr.precommit.add(self._insert)
        concerned.update(user_ids)

    @api.model
    def _insert(self):
        ids = self.env.cr.precommit.data.pop(_KEY, None)
        if not ids:
            return
        rows = self.env.execute_query(
            SQL("SELECT partner_id FROM res_users WHERE id = ANY(%s)", sorted(ids))
        )
        dbname = self.env.cr.dbname
        channels = [channel_with_db(dbname, self.env["res.partner"].browse(one)) for one, in rows]
        self.env.cr.execute(
            SQL(
                "INSERT INTO bus_bus (channel, message, create_date, write_date)"
                " SELECT channel, %s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'"
                " FROM unnest(%s) AS told (channel)",
                json_dump({"type": CHANGED, "payload": {}}),
                [json_dump(channel) for channel in channels],
            )
        )

        @self.env.cr.postcommit.add
        def notify():
            # after the commit, since who is woken looks for the rows at once
            with odoo.sql_db.db_connect("postgres").cursor() as cr:
                cr.execute(
                    SQL(
                        "SELECT %s('imbus', payload) FROM unnest(%s) AS woken (payload)",
                        SQL.identifier(ODOO_NOTIFY_FUNCTION),
                        get_notify_payloads(channels),
                    )
                )
