"""A killed server or a full disk leaves no part of a file that a second try stumbles over."""

import errno
import os
import secrets
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

LOGGER = "odoo.addons.yst_base.models.ir_attachment"


@tagged("post_install", "-at_install")
class TestWholeFile(TransactionCase):
    def setUp(self):
        super().setUp()
        self.attachments = self.env["ir.attachment"]
        self.data = secrets.token_bytes(5000)
        self.checksum = self.attachments._compute_checksum(self.data)
        self.path = self.attachments._full_path(f"{self.checksum[:2]}/{self.checksum}")

    def store(self):
        return self.attachments.create({"name": "photo.jpg", "raw": self.data})

    def files(self):
        folder, name = os.path.split(self.path)
        return [one for one in os.listdir(folder) if one.startswith(name)]

    def test_full_disk_is_told_and_leaves_nothing(self):
        full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with (
            patch("odoo.addons.yst_base.whole_file.os.fsync", side_effect=full),
            mute_logger(LOGGER), self.assertRaisesRegex(UserError, "disk may be full"),
        ):
            self.store()
        self.assertEqual(self.files(), [])
        self.assertEqual(self.store().raw, self.data)
        self.assertEqual(self.files(), [self.checksum])

    def test_file_cut_off_by_a_crash_is_written_anew(self):
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        with open(self.path, "wb") as out:
            out.write(self.data[:100])
        with mute_logger(LOGGER):
            attachment = self.store()
        attachment.invalidate_recordset()
        self.assertEqual(attachment.raw, self.data)

    def test_part_left_by_a_kill_is_swept_up(self):
        with (
            patch("odoo.addons.yst_base.whole_file.os.fsync", side_effect=KeyboardInterrupt),
            self.assertRaises(KeyboardInterrupt),
        ):
            self.store()
        [part] = self.files()
        self.assertIn("part", part)
        self.attachments._gc_file_store_unsafe()
        self.assertEqual(self.files(), [])

    def test_same_file_twice_is_stored_once(self):
        first, second = self.store(), self.store()
        self.assertEqual(first.store_fname, second.store_fname)
        self.assertEqual(self.files(), [self.checksum])
