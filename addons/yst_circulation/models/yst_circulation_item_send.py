from odoo import fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from .yst_circulation_item import KINDS


class CirculationItem(models.Model):
    """Sending: whom the audience means is settled once, and written in one statement."""

    _inherit = "yst.circulation.item"

    def action_preview(self):
        """Who would get the item, before it is sent.

        :return: dict of ``count``, ``people`` (list of id, name, area, department) and
            ``problems`` (texts), ``blocked`` (whether it cannot be sent like that)
        """
        self.ensure_one()
        self.check_access("write")
        people, problems = self._recipients()
        users = self.env["res.users"].sudo().browse(people) - self._out_of_reach(people)
        where = self._where(people)
        areas = self.env["yst.area"].sudo()
        departments = self.env["hr.department"].sudo()
        return {
            "count": len(people),
            "people": [
                {
                    "id": user.id,
                    "name": user.name,
                    "area": areas.browse(where[user.id][0]).name or "",
                    "department": departments.browse(where[user.id][1]).name or "",
                }
                for user in users
            ],
            "problems": [text for text, _blocking in problems],
            "blocked": any(blocking for _text, blocking in problems),
        }

    def action_send(self, accept_problems=False):
        """Send to everybody whom the audience means.

        :param bool accept_problems: the sender has seen that somebody cannot be reached
        :raise UserError: nobody is meant or somebody out of reach is; people have left and that
            was not accepted; the deadline has passed; a table has no fields
        """
        for item in self:
            item.check_access("write")
            people, problems = item._recipients()
            stopping = [text for text, blocking in problems if blocking or not accept_problems]
            if stopping:
                raise UserError("\n".join(stopping))
            item._check_can_be_sent()
            now = fields.Datetime.now()
            item._transition("sent", "draft", {"sent_at": now})
            item._send_nodes(people)
            item._supersede_former()
        return True

    def _check_can_be_sent(self):
        self.ensure_one()
        if self.deadline and self.deadline <= fields.Datetime.now():
            raise ValidationError(
                self.env._("The deadline has passed already. Choose a time in the future.")
            )
        if self.kind not in dict(KINDS) and not self.source_id:
            raise ValidationError(
                self.env._("Such an item is sent from the record that it circulates.")
            )
        if self.wanted == "table" and not self.field_ids:
            raise ValidationError(self.env._("Say which fields the table has."))
        for field in self.field_ids:
            if field.type == "choice" and len(field._choices()) < 2:
                raise ValidationError(
                    self.env._("“%s” needs at least two choices, one a line.", field.name)
                )

    def _recipients(self):
        """Ids of the people whom the audience means, and what is wrong.

        :return: (list of ids, list of (text, whether it stops the sending))
        """
        self.ensure_one()
        resolved, found = self.audience_ids._resolve()
        people = [one for one in resolved.get(self, []) if one != self.sender_id.id]
        problems = []
        for line, code in found.get(self, []):
            name = line.display_name
            if code == "left":
                problems.append(
                    (self.env._("%s: somebody has left and will not get it.", name), False)
                )
            elif line.kind == "area" and line.reach in ("liaison", "below_liaison"):
                problems.append((self.env._("%s: no liaison has been named.", name), False))
            else:
                problems.append((self.env._("%s: nobody is in it.", name), False))
        wide = [line for line in self.audience_ids if line.reach == "below_liaison"]
        for line in wide:
            if line.kind == "area" and (missing := line._without_liaison()):
                names = ", ".join(missing[:5].mapped("name")) + " …" * (len(missing) > 5)
                problems.append(
                    (
                        self.env._(
                            "%(count)s areas have no liaison: %(names)s",
                            count=len(missing),
                            names=names,
                        ),
                        False,
                    )
                )
        if not people:
            problems.append((self.env._("The item goes to nobody. Say whom it is for."), True))
        elif outside := self._out_of_reach(people):
            # who else belongs to a role or party organisation is not for everybody to know
            named = outside & self.audience_ids.user_id.sudo()
            problems.append(
                (
                    self.env._(
                        "%(count)s people are out of your areas and department %(names)s. Ask "
                        "somebody who sends notices to the whole office.",
                        count=len(outside),
                        names=f"({', '.join(named[:5].mapped('name'))})" if named else "",
                    ),
                    True,
                )
            )
        return people, problems

    def _out_of_reach(self, people):
        """Of these ids the people to whom the sender may not send."""
        users = self.env["res.users"].sudo().browse(people)
        sender = self.sender_id
        if sender.has_group("yst_circulation.group_circulation_sender"):
            return users.browse()
        within = users.search(
            ["&", ("id", "in", people), "|", "|",
             *sender._jurisdiction_domain("jurisdiction_ids"),
             ("jurisdiction_ids", "parent_of", sender.jurisdiction_ids.ids),
             ("employee_ids.department_id.member_ids.user_id", "=", sender.id)]
        )
        return users - within

    def _where(self, people):
        """Of each of these ids of users (area id or None, department id or None): the area that
        they answer for, the largest one where there are several, and their department."""
        users = self.env["res.users"]
        relation = users._fields["jurisdiction_ids"]
        return {
            row[0]: row[1:]
            for row in self.env.execute_query(
                SQL(
                    """
                    SELECT DISTINCT ON (person.id) person.id, area.id, version.department_id
                      FROM res_users person
                      LEFT JOIN %(relation)s own ON own.%(user)s = person.id
                      LEFT JOIN yst_area area ON area.id = own.%(area)s
                      LEFT JOIN hr_employee employee
                        ON employee.user_id = person.id AND employee.active
                      LEFT JOIN hr_version version ON version.id = employee.current_version_id
                     WHERE person.id = ANY(%(people)s)
                     ORDER BY person.id, length(area.parent_path), area.id, employee.id
                    """,
                    relation=SQL.identifier(relation.relation),
                    user=SQL.identifier(relation.column1),
                    area=SQL.identifier(relation.column2),
                    people=list(people),
                )
            )
        }

    def _send_nodes(self, people, above=None):
        """Write a node for each of these people, but those who have one already.

        One statement whatever their number. Who is away gets theirs through the deputy.

        :param people: ids of ``res.users``
        :param above: ``yst.circulation.node`` of the person who passes the item on
        :return: the new nodes (sudo)
        """
        self.ensure_one()
        nodes = self.env["yst.circulation.node"].sudo()
        where = self._where(people)
        self.flush_recordset()
        nodes.flush_model()
        deputies = self.env["yst.delegation"]._deputies_query(self.kind)
        rows = self.env.execute_query(
            SQL(
                """
                WITH person AS (
                    SELECT nextval(pg_get_serial_sequence('yst_circulation_node', 'id')) AS id,
                           told.*
                      FROM unnest(%(users)s::int[], %(areas)s::int[], %(departments)s::int[])
                           AS told (user_id, area_id, department_id)
                     WHERE told.user_id NOT IN (
                           SELECT user_id FROM yst_circulation_node WHERE item_id = %(item)s)
                ), away AS (%(deputies)s)
                INSERT INTO yst_circulation_node (
                    id, item_id, user_id, handler_id, deputy_id, delegation_id, passed_on_by_id,
                    parent_id, path, top_id, level, area_id, department_id, wanted, urgency,
                    deadline, state, open, urged_count, create_date)
                SELECT person.id, %(item)s, person.user_id,
                       CASE WHEN away.mode = 'replace' THEN away.deputy_id
                            ELSE person.user_id END,
                       CASE WHEN away.mode = 'act' THEN away.deputy_id END, away.id,
                       %(by)s::int, %(above)s::int, %(path)s || person.id || '/',
                       COALESCE(%(top)s::int, person.id), %(level)s, person.area_id,
                       person.department_id, item.wanted, item.urgency, item.deadline, 'unread',
                       TRUE, 0, %(now)s
                  FROM person
                  JOIN yst_circulation_item item ON item.id = %(item)s
                  LEFT JOIN away ON away.user_id = person.user_id
                    ON CONFLICT DO NOTHING
                RETURNING id, handler_id, deputy_id
                """,
                users=list(people),
                areas=[where[one][0] for one in people],
                departments=[where[one][1] for one in people],
                item=self.id,
                deputies=deputies,
                by=above.user_id.id if above else None,
                above=above.id if above else None,
                path=above.path if above else "",
                top=above.top_id.id if above else None,
                level=above.level + 1 if above else 0,
                now=fields.Datetime.now(),
            )
        )
        self.invalidate_recordset(["node_ids"])
        self.env["yst.circulation.bus"]._tell(
            {one for _id, *users in rows for one in users if one}
        )
        return nodes.browse([row[0] for row in rows])
