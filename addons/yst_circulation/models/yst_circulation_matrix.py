from odoo import fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

FILTERS = {
    "all": SQL("TRUE"),
    "unread": SQL("node.state = 'unread'"),
    "open": SQL("node.open"),
    "late": SQL("node.open AND node.deadline < now() AT TIME ZONE 'UTC'"),
    "done": SQL("node.state = 'handled'"),
}


class CirculationItem(models.Model):
    """Who has got it and who has done it, level by level (逐级签收)."""

    _inherit = "yst.circulation.item"

    def get_matrix(self, parent=None, only="all", limit=100, offset=0):
        """One level of the tree of nodes, with the sums of what lies below each.

        One statement, whatever the number of nodes and levels. The sender sees all of it, who
        passed the item on what lies below the own node.

        :param parent: id of the node whose level below is asked for; none for the first level
        :param only: all, unread, open, late or done
        :return: dict of ``total`` and ``rows``: list of dict of ``id``, ``user`` (name), ``area``,
            ``department``, ``deputy`` (name or ""), ``replaces`` (bool), ``state``, ``open``,
            ``late``, ``read_at``, ``handled_at``, ``urged``, ``answer``, ``below`` (dict of
            ``count``, ``unread``, ``done``, ``late``)
        :raise AccessError: it is not the reader's to see
        """
        self.ensure_one()
        self.check_access("read")
        above = self.env["yst.circulation.node"].sudo().browse(parent).exists()
        mine = above and self.env.user in (above.user_id | above.handler_id | above.deputy_id)
        passed_on = above and self.env.user in above.passed_on_by_id
        if above.item_id - self or not (
            self.env.su or self.sender_id == self.env.user or mine or passed_on
        ):
            raise AccessError(self.env._("This is not yours to see."))
        level = above.level + 1 if above else 0
        self.env["yst.circulation.node"].flush_model()
        rows = self.env.execute_query_dict(
            SQL(
                """
                WITH tree AS (
                    SELECT split_part(path, '/', %(part)s)::int AS head,
                           count(*) FILTER (WHERE level > %(level)s) AS count,
                           count(*) FILTER (WHERE level > %(level)s AND state = 'unread') AS unread,
                           count(*) FILTER (WHERE level > %(level)s AND state = 'handled') AS done,
                           count(*) FILTER (
                               WHERE level > %(level)s AND open
                                 AND deadline < now() AT TIME ZONE 'UTC') AS late
                      FROM yst_circulation_node
                     WHERE item_id = %(item)s AND level >= %(level)s AND state != 'withdrawn'
                       AND starts_with(path, %(path)s)
                     GROUP BY 1
                )
                SELECT node.id, person.name AS user, COALESCE(area.name, '') AS area,
                       COALESCE(department.name->>%(lang)s, department.name->>'en_US', '')
                           AS department,
                       COALESCE(other.name, '') AS deputy,
                       node.handler_id != node.user_id AS replaces,
                       COALESCE(actor.name, '') AS acted_by, node.state, node.open,
                       COALESCE(node.open AND node.deadline < now() AT TIME ZONE 'UTC', FALSE)
                           AS late,
                       node.read_at, node.handled_at, node.urged_count AS urged,
                       node.answer_text AS answer, tree.count, tree.unread, tree.done,
                       tree.late AS late_below, count(*) OVER () AS total
                  FROM yst_circulation_node node
                  JOIN tree ON tree.head = node.id
                  JOIN res_users account ON account.id = node.user_id
                  JOIN res_partner person ON person.id = account.partner_id
                  LEFT JOIN res_users deputy ON deputy.id = CASE
                       WHEN node.handler_id != node.user_id THEN node.handler_id
                       ELSE node.deputy_id END
                  LEFT JOIN res_partner other ON other.id = deputy.partner_id
                  LEFT JOIN res_users doer ON doer.id = node.acted_by_id
                  LEFT JOIN res_partner actor ON actor.id = doer.partner_id
                  LEFT JOIN yst_area area ON area.id = node.area_id
                  LEFT JOIN hr_department department ON department.id = node.department_id
                 WHERE node.item_id = %(item)s AND node.level = %(level)s
                   AND node.state != 'withdrawn' AND %(only)s
                 ORDER BY area.code NULLS FIRST, node.id
                 LIMIT %(limit)s OFFSET %(offset)s
                """,
                item=self.id,
                level=level,
                lang=self.env.lang or "en_US",
                part=level + 1,
                path=above.path if above else "",
                only=FILTERS.get(only, FILTERS["all"]),
                limit=max(1, min(int(limit), 500)),
                offset=max(0, int(offset)),
            )
        )
        for row in rows:
            row["below"] = {
                "count": row.pop("count"),
                "unread": row.pop("unread"),
                "done": row.pop("done"),
                "late": row.pop("late_below"),
            }
            for name in ("read_at", "handled_at"):
                row[name] = fields.Datetime.to_string(row[name]) or False
        total = rows[0]["total"] if rows else 0
        for row in rows:
            del row["total"]
        return {"total": total, "rows": rows}
