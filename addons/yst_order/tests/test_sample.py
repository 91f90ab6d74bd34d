from collections import Counter

from odoo.tests import TransactionCase, tagged

from odoo.addons.yst_base import reference_data
from odoo.addons.yst_base.tests.common import KeyMixin


@tagged("post_install", "-at_install")
class TestSample(KeyMixin, TransactionCase):
    """The sample data of the development database."""

    def test_sample_orders_come_once_and_in_many_states(self):
        Order = self.env["yst.order"]
        self.env["yst.area"]._import_organisation(reference_data.load("organisation.yaml"))
        users = self.env["res.users"].with_context(no_reset_password=True)
        users._load_sample_users(reference_data.load("sample_users.yaml"))
        orders = Order._load_demo()
        states = Counter(orders.mapped("state"))
        self.assertEqual(states, {
            "dispatched": 3, "accepted": 3, "feedback": 1, "closed": 2, "returned": 1,
            "cancelled": 1, "merged": 1, "draft": 1,
        })
        late = orders.filtered(lambda one: one.clock_state == "overdue")
        self.assertEqual(late.mapped("name"), ["路灯连续多日不亮"])
        self.assertEqual(late.supervision_ids.supervision_level, "yellow")
        duty = self.env["yst.duty.shift"]._on_duty(orders.area_id)
        self.assertEqual({user.login for users in duty.values() for user in users},
                         {"community", "community2"})
        self.assertFalse(Order._load_demo(), "a second time nothing is added")
