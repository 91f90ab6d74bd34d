from odoo.tests import TransactionCase, tagged

from odoo.addons.yst_base import reference_data
from odoo.addons.yst_base.tests.common import KeyMixin

from ..models.yst_document import INCOMING, OUTGOING


@tagged("post_install", "-at_install")
class TestSample(KeyMixin, TransactionCase):
    """The sample documents of the development database."""

    def test_sample_documents_come_once_and_in_every_state(self):
        organisation = reference_data.load("organisation.yaml")
        self.env["yst.area"]._import_organisation(organisation)
        self.env["yst.party.organisation"]._import_organisation(organisation)
        self.env["hr.department"]._load_demo()
        users = self.env["res.users"].with_context(no_reset_password=True)
        users._load_sample_users(reference_data.load("sample_users.yaml"))
        self.env["yst.circulation.item"]._load_demo()
        documents = self.env["yst.document"]._load_demo()
        self.env.invalidate_all()
        out = documents.filtered(lambda one: one.direction == "outgoing")
        self.assertEqual(set(out.mapped("state")), {*OUTGOING, "void"})
        self.assertEqual(set((documents - out).mapped("state")), set(INCOMING))
        issued = out.filtered(lambda one: one.state == "issued")
        self.assertEqual(len(issued.item_ids.node_ids), 27)
        self.assertTrue(issued.item_ids.unread_count)
        self.assertTrue(issued.seal_id)
        self.assertFalse(self.env["yst.document"]._load_demo(), "a second time nothing is added")
