from odoo.tests import tagged

from .common import DocumentCase


@tagged("post_install", "-at_install")
class TestOutgoing(DocumentCase):
    """An outgoing document from its draft to its issue."""

    def test_whole_way(self):
        document = self.document(countersigner_ids=[(6, 0, (self.first | self.second).ids)])
        document.action_submit()
        self.assertEqual(document.state, "check")
        document.with_user(self.checker).action_approve("Fine")
        self.assertEqual(document.state, "countersign")
        document.with_user(self.second).action_approve()
        self.assertEqual(document.state, "countersign")
        document.with_user(self.first).action_approve()
        self.assertEqual(document.state, "sign")
        document.with_user(self.leader).action_approve("Issue it", self.drawing())
        self.assertEqual(document.state, "review")
        self.assertTrue(document.signed_at)
        desk = document.with_user(self.registrar)
        desk.action_review_ok()
        self.assertEqual(document.state, "register")
        desk.action_register()
        self.assertEqual(document.state, "print")
        desk.action_print()
        self.assertEqual(document.state, "issue")
        desk.action_issue([{"kind": "user", "user_id": self.cadre.id}])
        self.assertEqual(document.state, "issued")
        self.assertEqual(document.with_user(self.cadre).name, document.name)
