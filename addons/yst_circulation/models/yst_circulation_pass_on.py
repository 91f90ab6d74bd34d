from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain


class CirculationNode(models.Model):
    """Passing on (转发): a village's liaison gives the item to the village's own people, a
    department's head to its members. The sender sees who has got it, level by level."""

    _inherit = "yst.circulation.node"

    pass_on_note = fields.Char("Note of who passed it on", readonly=True)
    below_ids = fields.One2many("yst.circulation.node", "parent_id", "Passed on to", readonly=True)

    def get_pass_on_people(self):
        """To whom the reader may pass the item on.

        :return: list of dict of ``id``, ``name`` and ``has`` (has got it already)
        """
        self.ensure_one()
        self.check_access("read")
        node = self.sudo()
        if not node._may_pass_on(self.env.user):
            return []
        people = self.env["res.users"].sudo().search(node._pass_on_domain())
        have = set(
            self.sudo().search(
                [("item_id", "=", node.item_id.id), ("user_id", "in", people.ids)]
            ).user_id.ids
        )
        return [
            {"id": user.id, "name": user.name, "has": user.id in have}
            for user in people - node.user_id
        ]

    def action_pass_on(self, user_ids, note=None):
        """Pass the item on to some of one's own people.

        :return: how many have got it now; who has had it before does not get it twice
        :raise AccessError: the reader is no liaison of the area and heads no department
        :raise UserError: nobody is named, or people of others are
        """
        self.ensure_one()
        node = self._lock_for_actor()
        if not node._may_pass_on(self.env.user):
            raise AccessError(
                self.env._("Only the area's liaison or the department's head passes it on.")
            )
        if node.item_id.state != "sent":
            raise UserError(self.env._("The item is not out any more."))
        ids = {one for one in user_ids or () if isinstance(one, int)}
        if not ids:
            raise UserError(self.env._("Say to whom."))
        people = self.env["res.users"].sudo().search(
            Domain(node._pass_on_domain()) & Domain("id", "in", list(ids))
        )
        if len(people) < len(ids):
            raise UserError(self.env._("Not all of them are people of your area or department."))
        if node.state == "unread":
            self.action_open()
        nodes = node.item_id._send_nodes(people.ids, node)
        if note := (note or "").strip():
            nodes.write({"pass_on_note": note[:500]})
        return len(nodes)

    def _may_pass_on(self, user):
        """Whether a person who has this node (sudo), or does it for another, may pass it on."""
        self.ensure_one()
        if user not in (self.handler_id | self.deputy_id):
            return False
        return bool((self.user_id | user) & (self.area_id.liaison_ids | self._heads()))

    def _pass_on_domain(self):
        """Domain of the people of this node's area and department: cadres with an account."""
        self.ensure_one()
        of_area = Domain("jurisdiction_ids", "child_of", self.area_id.ids)
        of_department = Domain("employee_ids.department_id", "child_of", self.department_id.ids)
        people = self.user_id | self.handler_id | self.deputy_id
        allowed = Domain.FALSE
        if people & self.area_id.liaison_ids:
            allowed |= of_area
        if people & self._heads():
            allowed |= of_department
        cadres = self.env.ref("yst_base.group_cadre")
        return allowed & Domain("all_group_ids", "in", cadres.ids) & Domain("share", "=", False)

    def _heads(self):
        """The account of the department's head."""
        return self.department_id.manager_id.user_id
