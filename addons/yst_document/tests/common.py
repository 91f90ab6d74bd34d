import base64
import io

from PIL import Image

from odoo.addons.yst_circulation.tests.common import CirculationCase


class DocumentCase(CirculationCase):
    """An office with a drafter, a checker, two countersigners, a leader and a document desk."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.drafter = cls._user("drafter", cls.subdistrict)
        cls.checker = cls._user("checker", cls.subdistrict)
        cls.first = cls._user("first", cls.subdistrict)
        cls.second = cls._user("second", cls.subdistrict)
        cls.leader = cls._user("leader", cls.subdistrict, "yst_base.group_leader")
        cls.registrar = cls._user(
            "registrar", cls.subdistrict, "yst_document.group_document_registrar"
        )
        cls.manager = cls._user(
            "docmanager", cls.subdistrict, "yst_document.group_document_manager"
        )
        cls.stranger = cls._user("stranger", cls.south)
        cls.deputy = cls._user("deputy", cls.subdistrict)
        cls.code = cls.env["yst.document.code"].create(
            {"name": "测办发", "issuer": "测试街道办事处"}
        )

    def document(self, **values):
        """A draft of the drafter's."""
        return self.env["yst.document"].with_user(self.drafter).create(
            {
                "name": "Notice about flood prevention",
                "body": "<p>One.</p><p>Two.</p>",
                "code_id": self.code.id,
                "checker_id": self.checker.id,
                "signer_id": self.leader.id,
                **values,
            }
        )

    def at(self, state, **values):
        """A document that has come as far as that."""
        document = self.document(**values)
        steps = ["draft", "check", "countersign", "sign", "review", "register"]
        for step in steps[: steps.index(state)]:
            if document.sudo().state != step:
                continue
            self.step(document)
        self.assertEqual(document.sudo().state, state)
        return document

    def step(self, document):
        """Take the one step that is next."""
        state = document.sudo().state
        if state == "draft":
            document.with_user(self.drafter).action_submit()
        elif state == "check":
            document.with_user(self.checker).action_approve("Fine")
        elif state == "countersign":
            for user in document.sudo().countersigner_ids:
                document.with_user(user).action_approve()
        elif state == "sign":
            document.with_user(self.leader).action_approve("Issue it")
        elif state == "review":
            document.with_user(self.registrar).action_review_ok()

    def incoming(self, **values):
        """A draft at the document desk."""
        return self.env["yst.document"].with_user(self.registrar).create(
            {
                "direction": "incoming",
                "name": "Request of the county",
                "source_unit": "County office",
                "source_number": "县办〔2026〕3号",
                **values,
            }
        )

    @staticmethod
    def drawing(size=(200, 80)):
        """A PNG as the signature pad sends it."""
        file = io.BytesIO()
        Image.new("RGBA", size, (0, 0, 0, 0)).save(file, "PNG")
        return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
