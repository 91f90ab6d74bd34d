import base64
import hashlib
import io
from unittest.mock import patch

from PIL import Image
from psycopg2 import errors

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..stamp_image import clean
from .number_common import NumberCase, stamp

PDF = b"%PDF-1.7 test"


class SealCase(NumberCase):
    """A seal, and a maker of PDFs that is quick."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Seal = cls.env["yst.document.seal"]
        cls.seal = cls.Seal.create({"name": "测试街道办事处", "image": stamp()})
        cls.Log = cls.env["yst.document.seal.log"]

    def setUp(self):
        super().setUp()
        model = type(self.env["yst.document"])
        self.startPatcher(patch.object(model, "_pdf", lambda document: PDF, create=True))

    def apply(self, document, user=None, seal=None):
        return self.as_user(user or self.keeper, document).action_apply_seal(
            (seal or self.seal).id
        )


@tagged("post_install", "-at_install")
class TestSeal(SealCase):
    """Seals: images, uses, their log."""

    def test_a_use_is_a_step_with_a_log(self):
        document = self.numbered()
        self.apply(document)
        self.assertEqual((document.seal_id, document.sealed_by_id), (self.seal, self.keeper))
        log = self.Log.search([("document_id", "=", document.id)])
        self.assertEqual(
            (log.seal_id, log.user_id, log.number, log.title, log.signer_id),
            (self.seal, self.keeper, document.number, document.name, self.leader),
        )
        self.assertEqual(log.pdf_sha256, hashlib.sha256(PDF).hexdigest())
        self.assertEqual(log.seal_sha256, hashlib.sha256(self.seal._png()).hexdigest())
        self.assertEqual(document._seal_png(), self.seal._png())
        self.assertIn("测试街道办事处", "".join(document.message_ids.mapped("body")))
        with self.assertRaisesRegex(UserError, "bears a seal already"):
            self.apply(document)
        self.assertEqual(self.seal.use_count, 1)

    def test_only_signed_numbered_and_at_its_step(self):
        unnumbered = self.signed("print")
        with self.assertRaisesRegex(UserError, "signed and numbered"):
            self.apply(unnumbered)
        unsigned = self.numbered()
        unsigned.signed_at = False
        with self.assertRaisesRegex(UserError, "signed and numbered"):
            self.apply(unsigned)
        for state in ("register", "issued", "void"):
            document = self.numbered(state)
            document.participant_ids += self.keeper
            with self.subTest(state), self.assertRaisesRegex(UserError, "when it is printed"):
                self.apply(document)
        self.assertFalse(self.Log.search([]))

    def test_seal_of_other_codes_of_another_keeper_or_archived(self):
        document = self.numbered()
        seals = self.Seal.create([
            {"name": "党工委", "image": stamp(), "code_ids": self.other_code.ids},
            {"name": "他人", "image": stamp(), "keeper_ids": self.manager.ids},
            {"name": "旧章", "image": stamp(), "active": False},
        ])
        for seal, error in zip(seals, (UserError, AccessError, UserError), strict=True):
            with self.subTest(seal.name), self.assertRaises(error):
                self.apply(document, seal=seal)
        for wrong in (0, -1, 10**9, None, "1", [self.seal.id], self.keeper):
            with self.subTest(wrong=wrong), self.assertRaises(UserError):
                self.as_user(self.keeper, document).action_apply_seal(wrong)
        self.assertFalse(document.seal_id)

    @mute_logger("odoo.models", "odoo.addons.base.models.ir_rule")
    def test_only_the_keeper_applies_a_seal(self):
        document = self.numbered()
        for user in (self.drafter, self.leader, self.registrar, self.manager, self.stranger):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.apply(document, user)
        draft = self.document()
        with self.assertRaises(AccessError):
            self.apply(draft)
        self.assertFalse(self.Log.search([]))

    def test_keeper_reads_what_is_to_be_sealed_and_what_they_have_sealed(self):
        waiting, other = self.numbered(), self.numbered("issued")
        documents = self.as_user(self.keeper, self.env["yst.document"])
        self.assertIn(waiting, documents.search([]))
        self.assertNotIn(other, documents.search([]))
        self.apply(waiting)
        waiting._with_state_unlocked().write({"state": "issued"})
        self.env.invalidate_all()
        self.assertIn(waiting, documents.search([]))
        with mute_logger("odoo.models"), self.assertRaises(UserError):
            self.as_user(self.keeper, waiting).write({"name": "x"})

    @mute_logger("odoo.models", "odoo.addons.base.models.ir_model", "odoo.sql_db")
    def test_the_log_is_written_once(self):
        self.apply(self.numbered())
        log = self.Log.search([])
        for user in (self.keeper, self.registrar, self.manager, self.env.ref("base.user_root")):
            theirs = self.as_user(user, log)
            for step in (
                lambda one: one.write({"number": "x"}),
                lambda one: one.unlink(),
                lambda one: one.copy(),
            ):
                with self.subTest(user.login), self.assertRaises(UserError):
                    step(theirs)
        values = {"seal_id": self.seal.id, "document_id": log.document_id.id, "number": "1",
                  "title": "x", "pdf_sha256": "x", "seal_sha256": "x"}
        for user in (self.keeper, self.registrar, self.manager):
            with self.assertRaises(AccessError):
                self.as_user(user, self.Log).create(values)
        for user in (self.drafter, self.leader, self.stranger):
            with self.assertRaises(AccessError):
                self.as_user(user, self.Log).search([])
        self.env.flush_all()
        for statement in ("UPDATE yst_document_seal_log SET number = 'x'",
                          "DELETE FROM yst_document_seal_log", "TRUNCATE yst_document_seal_log"):
            with self.assertRaises(errors.InsufficientPrivilege), self.env.cr.savepoint():
                self.env.cr.execute(statement)

    def test_keepers_see_their_own_uses_and_the_desk_all(self):
        self.apply(self.numbered())
        other = self._user(
            "keeper2", self.subdistrict, "yst_document.group_document_seal_keeper"
        )
        self.assertFalse(self.as_user(other, self.Log).search([]))
        self.assertEqual(len(self.as_user(self.keeper, self.Log).search([])), 1)
        self.assertEqual(len(self.as_user(self.registrar, self.Log).search([])), 1)
        self.assertEqual(self.as_user(other, self.seal).use_count, 1)

    @mute_logger("odoo.models", "odoo.addons.base.models.ir_model")
    def test_a_seal_kept_by_others_is_not_taken_over(self):
        self.seal.keeper_ids = self.keeper
        other = self._user(
            "keeper2", self.subdistrict, "yst_document.group_document_seal_keeper"
        )
        theirs = self.as_user(other, self.seal)
        for values in ({"keeper_ids": [Command.link(other.id)]}, {"code_ids": [Command.clear()]},
                       {"image": stamp()}, {"active": False}):
            with self.subTest(values=list(values)), self.assertRaises(AccessError):
                theirs.write(values)
        with self.assertRaises(AccessError):
            theirs.unlink()
        self.as_user(self.manager, self.seal).keeper_ids += other
        theirs.active = False
        self.seal.active = True
        with self.assertRaises(AccessError):
            self.as_user(self.registrar, self.seal).write({"active": False})

    def test_a_used_seal_keeps_name_and_image(self):
        self.apply(self.numbered())
        seal = self.as_user(self.keeper, self.seal)
        for values in ({"image": stamp((400, 400))}, {"name": "新名"}):
            with self.assertRaisesRegex(UserError, "stay"):
                seal.write(values)
        with self.assertRaisesRegex(UserError, "archived, not deleted"):
            seal.unlink()
        seal.active = False
        unused = self.as_user(self.keeper, self.Seal).create({"name": "未用", "image": stamp()})
        unused.image = stamp((400, 400))
        unused.unlink()

    # -- images --------------------------------------------------------------------------------

    def test_images_are_cleaned(self):
        png = clean(base64.b64decode(stamp()), square=True)
        image = Image.open(io.BytesIO(png))
        self.assertEqual((image.format, image.mode), ("PNG", "RGBA"))
        self.assertEqual(image.getpixel((150, 150))[3], 0, "paper is taken away")
        self.assertEqual(image.getpixel((150, 36))[3], 255, "ink stays")
        large = clean(base64.b64decode(stamp((3000, 3000), kind="JPEG")), square=True)
        self.assertEqual(Image.open(io.BytesIO(large)).size, (1200, 1200))

    def test_what_is_no_image_is_refused(self):
        blank = io.BytesIO()
        Image.new("RGB", (300, 300), "white").save(blank, "PNG")
        gif = io.BytesIO()
        Image.new("RGB", (300, 300), "red").save(gif, "GIF")
        for data, code in (
            (b"", "size"), (b"x" * 4_000_000, "size"), (b"<svg onload='x'/>", "kind"),
            (base64.b64decode(stamp())[:200], "kind"), (gif.getvalue(), "kind"),
            (base64.b64decode(stamp(kind="JPEG"))[:-900], "kind"),
            (base64.b64decode(stamp((60, 60))), "small"), (blank.getvalue(), "empty"),
            (base64.b64decode(stamp((600, 300))), "square"),
            (base64.b64decode(stamp((6500, 300))), "large"),
        ):
            with self.subTest(code), self.assertRaisesRegex(ValueError, code):
                clean(data, square=True)
        for image in (b"AAAA", "不是图片", stamp((600, 300))):
            with self.assertRaises(UserError):
                self.as_user(self.keeper, self.Seal).create({"name": "x", "image": image})

    @mute_logger("odoo.models", "odoo.addons.base.models.ir_rule",
                 "odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_attachment")
    def test_the_image_is_the_keepers_alone(self):
        self.assertTrue(self.as_user(self.keeper, self.seal).image)
        for user in (self.registrar, self.manager, self.leader, self.drafter):
            seal = self.as_user(user, self.seal)
            with self.subTest(user.login):
                for step in (
                    lambda one: one.read(["image"]),
                    lambda one: one.image,
                    lambda one: one.search([("image", "!=", False)]),
                    lambda one: one.export_data(["image"]),
                    lambda one: one.write({"image": stamp()}),
                    lambda one: one.web_read({"image": {}}),
                ):
                    with self.assertRaises(AccessError):
                        step(seal)
                file = self.env["ir.attachment"].sudo().search(
                    [("res_model", "=", "yst.document.seal"), ("res_field", "=", "image"),
                     ("res_id", "=", self.seal.id)]
                )
                self.assertEqual(len(file), 1)
                for name in ("raw", "datas", "name"):
                    with self.assertRaises(AccessError):
                        self.as_user(user, file).read([name])
        with self.assertRaises(AccessError):
            self.as_user(self.keeper, self.seal).export_data(["name", "image"])
        self.assertNotIn("image", self.as_user(self.registrar, self.seal).fields_get())
        for user in (self.keeper, self.manager):
            with self.assertRaises(UserError):
                self.as_user(user, self.seal).copy()

    @mute_logger("odoo.models", "odoo.addons.base.models.ir_rule")
    def test_signatures_are_their_owners_and_the_keepers(self):
        signatures = self.env["yst.document.signature"]
        own = self.as_user(self.leader, signatures).create({"image": stamp((400, 200))})
        self.assertEqual(own.user_id, self.leader)
        self.assertTrue(self.as_user(self.keeper, own).image)
        self.assertEqual(self.leader._signature_png(), own._png())
        self.assertIsNone(self.drafter._signature_png())
        for user in (self.registrar, self.manager, self.drafter, self.stranger):
            theirs = self.as_user(user, own)
            self.assertFalse(self.as_user(user, signatures).search([]))
            for step in (
                lambda one: one.read(["image"]),
                lambda one: one.write({"image": stamp((400, 200))}),
                lambda one: one.unlink(),
                lambda one: one.export_data(["user_id"]),
            ):
                with self.subTest(user.login), self.assertRaises(UserError):
                    step(theirs)
            with self.assertRaises(AccessError):
                self.as_user(user, signatures).create(
                    {"user_id": self.checker.id, "image": stamp((400, 200))}
                )
        with self.assertRaises(UserError):
            own.write({"user_id": self.checker.id})
        with self.assertRaises(AccessError):
            own.export_data(["image"])


@tagged("post_install", "-at_install")
class TestSealPdf(NumberCase):
    """The log names the very file that is issued."""

    def test_the_sealed_pdf_is_the_one_that_is_printed(self):
        seal = self.env["yst.document.seal"].create({"name": "测试印章", "image": stamp()})
        document = self.numbered()
        self.as_user(self.keeper, document).action_apply_seal(seal.id)
        log = document.seal_log_ids
        self.assertEqual(log.pdf_sha256, document.issued_sha256)
        self.as_user(self.registrar, document).action_print()
        self.assertEqual(document.state, "issue")
        self.assertEqual(log.pdf_sha256, document.issued_sha256)
        self.assertEqual(
            log.pdf_sha256, hashlib.sha256(document.issued_pdf_id.raw).hexdigest()
        )
        other = self.numbered()
        self.as_user(self.registrar, other).action_print()
        with self.assertRaises(UserError):
            self.as_user(self.keeper, other).action_apply_seal(seal.id)


@tagged("post_install", "-at_install")
class TestSealAddresses(HttpCase, SealCase):
    """Addresses of files give the image away to nobody else."""

    def test_addresses(self):
        file = self.env["ir.attachment"].sudo().search(
            [("res_model", "=", "yst.document.seal"), ("res_id", "=", self.seal.id),
             ("res_field", "=", "image")]
        )
        self.assertEqual(len(file), 1)
        signature = self.env["yst.document.signature"].create(
            {"user_id": self.leader.id, "image": stamp((400, 200))}
        )
        addresses = (
            f"/web/image/yst.document.seal/{self.seal.id}/image",
            f"/web/content/yst.document.seal/{self.seal.id}/image",
            f"/web/content/{file.id}", f"/web/image/{file.id}",
            f"/web/image?model=yst.document.seal&id={self.seal.id}&field=image",
            f"/web/image/yst.document.signature/{signature.id}/image",
        )
        ink = {self.seal._png(), signature._png()}
        for user in (None, self.registrar, self.drafter):
            self.authenticate(user and user.login, user and user.login)
            for address in addresses:
                with self.subTest(user=user and user.login, address=address):
                    answer = self.url_open(address)
                    self.assertNotIn(answer.content, ink)
        self.authenticate(self.keeper.login, self.keeper.login)
        self.assertIn(self.url_open(addresses[0]).content, ink)
