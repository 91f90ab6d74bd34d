"""What is told of a clip by its bytes alone."""

import hashlib
import io
import os
import struct
import tempfile
from unittest.mock import patch

from odoo.tests import BaseCase, tagged

from .. import clip_upload, mp4
from .clip_common import box, clip_file, track


def read(data):
    return mp4.read(io.BytesIO(data))


@tagged("post_install", "-at_install")
class TestClipFile(BaseCase):
    def test_what_the_headers_tell(self):
        self.assertEqual(read(clip_file()), mp4.Movie("h264", 640, 360, 15.0))
        for kind, codec in ((b"avc3", "h264"), (b"hvc1", "h265"), (b"hev1", "h265")):
            self.assertEqual(read(clip_file(track(kind, seconds=2.5))).codec, codec)

    def test_boxes_of_other_sizes_and_orders(self):
        data = clip_file()
        start, moov, mdat = data[:24], data[24:-264], data[-264:]
        long = struct.pack(">I4sQ", 1, b"mdat", len(mdat) + 8) + mdat[8:]
        endless = struct.pack(">I4s", 0, b"mdat") + mdat[8:]
        for name, whole in {
            "pictures first": start + mdat + moov,
            "64 bit size": start + moov + long,
            "to the end of the file": start + moov + endless,
            "room between": start + box(b"free", bytes(100)) + moov + mdat,
        }.items():
            with self.subTest(name):
                self.assertEqual(read(whole).width, 640)

    def test_what_is_no_clip(self):
        good = clip_file()
        for name, data in {
            "empty": b"",
            "words": b"<html><script>alert(1)</script></html>",
            "JPEG": b"\xff\xd8\xff\xe0" + bytes(500),
            "WebM": b"\x1a\x45\xdf\xa3" + bytes(500),
            "cut off": good[:-1],
            "cut off in the headers": good[:100],
            "more behind it": good + b"more",
            "page behind it": good + b"<html>" + bytes(20),
            "no pictures": good[:-264],
            "no table": good[:24] + good[-264:],
            "two tables": good[:-264] + good[24:-264] + good[-264:],
            "not at the beginning": good[24:],
            "sound": clip_file(track(), track(handler=b"soun", kind=b"mp4a")),
            "only sound": clip_file(track(handler=b"soun", kind=b"mp4a")),
            "two tracks": clip_file(track(), track()),
            "other codec": clip_file(track(b"mp4v")),
            "no size": clip_file(track(width=0)),
            "no room for its size": clip_file(track(entry=box(b"avc1", bytes(24)))),
            "the same with 64 bit size": clip_file(
                track(entry=struct.pack(">I4sQ", 1, b"avc1", 36) + bytes(20))
            ),
            "no kind of pictures": clip_file(track(entry=b"")),
            "wrong inner size": clip_file(box(b"trak", struct.pack(">I4s", 4000, b"mdia"))),
            "size of nothing": clip_file(box(b"trak", struct.pack(">I4s", 3, b"mdia"))),
            "size beyond all": good[:24] + struct.pack(">I4sQ", 1, b"moov", 2**64 - 1),
            "boxes without end": good[:24] + box(b"free") * 5000,
        }.items():
            with self.subTest(name), self.assertRaises(mp4.Mp4Error):
                read(data)

    def test_any_cut_of_a_file_is_refused_and_nothing_else_happens(self):
        good = clip_file()
        for length in range(len(good) - 1):
            with self.assertRaises(mp4.Mp4Error):
                read(good[:length])

    def test_a_body_is_received_without_being_held_in_memory(self):
        class Endless:
            given, largest = 0, 0

            def read(self, size):
                self.largest = max(self.largest, size)
                self.given += size
                return bytes(size)

        source = Endless()
        with self.assertRaises(clip_upload.TooLarge):
            clip_upload.Upload(source, limit=5 * 2**20)
        self.assertEqual(source.largest, clip_upload.CHUNK)
        self.assertLessEqual(source.given, 6 * 2**20)

    def test_it_lies_in_its_place_whole_or_not_at_all(self):
        data = clip_file()
        upload = clip_upload.Upload(io.BytesIO(data))
        self.addCleanup(upload.close)
        self.assertEqual(upload.sha256, hashlib.sha256(data).hexdigest())
        self.assertEqual((upload.size, upload.read()), (len(data), data))
        with tempfile.TemporaryDirectory() as store:
            path = os.path.join(store, "ab", "abc")
            upload.place(store, "ab/abc")
            upload.place(store, "ab/abc")  # once more is no fault
            with open(path, "rb") as file:
                self.assertEqual(file.read(), data)
            with open(path, "wb") as file:
                file.write(b"something else")
            with self.assertRaises(ValueError):
                upload.place(store, "ab/abc")
            self.assertEqual(os.listdir(os.path.dirname(path)), ["abc"])
            self.assertEqual(os.listdir(os.path.join(store, "checklist", "ab")), ["abc"])

    def test_what_a_killed_server_leaves_half_written_is_swept_up(self):
        listed = []

        def killed(handle):
            for folder, _folders, files in os.walk(store):
                listed.append((os.path.relpath(folder, store), sorted(files)))
            raise KeyboardInterrupt

        upload = clip_upload.Upload(io.BytesIO(clip_file()))
        self.addCleanup(upload.close)
        with (
            tempfile.TemporaryDirectory() as store,
            patch("os.fsync", killed),
            self.assertRaises(KeyboardInterrupt),
        ):
            upload.place(store, "ab/abc")
        found = dict(listed)
        self.assertEqual(len(found["ab"]), 1)
        self.assertEqual(found["checklist/ab"], ["abc", *found["ab"]])
        self.assertNotRegex(found["ab"][0], "[.:]", "Odoo would look for another name")
