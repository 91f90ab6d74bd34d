from collections import Counter

from odoo.tests import TransactionCase, tagged

from odoo.addons.yst_base import reference_data
from odoo.addons.yst_base.tests.common import KeyMixin


@tagged("post_install", "-at_install")
class TestSample(KeyMixin, TransactionCase):
    """The sample data of the development database."""

    def test_sample_items_come_once_and_in_many_states(self):
        Item = self.env["yst.circulation.item"]
        organisation = reference_data.load("organisation.yaml")
        self.env["yst.area"]._import_organisation(organisation)
        self.env["yst.party.organisation"]._import_organisation(organisation)
        self.env["hr.department"]._load_demo()
        users = self.env["res.users"].with_context(no_reset_password=True)
        users._load_sample_users(reference_data.load("sample_users.yaml"))
        items = Item._load_demo()
        self.env.invalidate_all()
        self.assertEqual(
            Counter(items.mapped("state")), {"sent": 6, "superseded": 1, "withdrawn": 1, "draft": 1}
        )
        everywhere = items.filtered(lambda item: item.wanted == "table")
        self.assertEqual((everywhere.node_count, everywhere.done_count), (27, 18))
        fire = items.filtered(lambda item: item.urgency == "urgent")
        passed_on = fire.node_ids.filtered("parent_id")
        self.assertEqual((fire.node_count, len(fire.node_ids - passed_on)), (27, 27))
        self.assertGreaterEqual(len(passed_on), 4, "more where further addons bring cadres")
        late = items.filtered("late_count")
        self.assertEqual(late.mapped("name"), ["报送防汛值班人员名单"])
        liaison = self.env["res.users"].search([("login", "=", "liaison")])
        counts = self.env["yst.circulation.node"].with_user(liaison).get_counts()
        self.assertEqual(counts["late"], 1)
        whose = self.env["yst.circulation.node"].search([("deputy_id", "=", liaison.id)])
        self.assertEqual(len(whose.user_id), 1)
        self.assertCountEqual(whose.item_id.mapped("wanted"), ["read", "confirm", "table"])
        self.assertFalse(Item._load_demo(), "a second time nothing is added")
