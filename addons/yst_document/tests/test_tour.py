"""The path of a document in Chromium: drafter and registrar at their desks, leader and village
liaison on a phone."""

from odoo.tests import HttpCase, tagged

from .common import DocumentCase

PHONE = "390x844"
DESK = "1366x900"


@tagged("post_install", "-at_install")
class TestDocumentTour(DocumentCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.foreign = []

    def fetch_proxy(self, url):
        """Whatever the browser asks of another host."""
        self.foreign.append(url)
        return super().fetch_proxy(url)

    def walk(self, path, tour, user, size):
        user.password = user.login  # logins of the browser are checked with it
        self.browser_size = size
        self.touch_enabled = size == PHONE
        self.start_tour(path, tour, login=user.login, timeout=120)
        self.assertEqual(self.foreign, [], "a page asked another host")
        self.env.invalidate_all()

    def villages(self, count):
        """As many villages, each with a liaison; the two communities among them."""
        areas = self.north | self.south
        self.south.liaison_ids = self.other
        for number in range(3, count + 1):
            village = self.env["yst.area"].create(
                {"name": f"Village {number}", "code": f"990000001{number:03}", "kind": "village",
                 "parent_id": self.subdistrict.id}
            )
            village.liaison_ids = self._user(f"liaison{number}", village)
            areas |= village
        return areas

    def test_from_the_draft_to_the_village(self):
        villages = self.villages(27)
        self.walk("/odoo/documents-out", "yst_document_drafter_submits", self.drafter, DESK)
        document = self.env["yst.document"].search([("name", "=", "关于做好防汛工作的通知")])
        self.assertEqual((document.state, document.drafter_id), ("check", self.drafter))
        document.with_user(self.checker).action_approve("请领导审签")
        self.walk("/odoo/documents-desk", "yst_document_leader_signs", self.leader, PHONE)
        self.assertEqual((document.state, document.signer_id), ("review", self.leader))
        signed = document.opinion_ids.sorted("id")[-1]
        self.assertTrue(signed.image, "what was drawn was kept")
        self.walk(
            f"/odoo/documents-out/{document.id}", "yst_document_registrar_issues", self.registrar,
            DESK,
        )
        self.assertEqual(document.state, "issued")
        self.assertRegex(document.number, r"^测办发〔\d{4}〕1号$")
        self.assertTrue(document.issued_pdf_id.raw.startswith(b"%PDF"))
        nodes = document.item_ids.node_ids
        self.assertEqual(nodes.user_id, villages.liaison_ids)
        self.assertEqual(len(nodes), 27)
        self.walk("/odoo/yst-inbox", "yst_document_liaison_reads", self.liaison, PHONE)
        node = nodes.filtered(lambda one: one.user_id == self.liaison)
        self.assertEqual(node.state, "handled")
        self.assertEqual(document.item_ids.unread_count, 26)
