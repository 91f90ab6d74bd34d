import base64
import hashlib
import itertools
import json
import math
import os
import tempfile
import uuid
from datetime import timedelta
from unittest.mock import patch

from odoo.tests import BaseCase, tagged
from odoo.tools import SQL

from .. import bridge_items, jpeg, picture_files
from .api_common import NOON, VideoCase, snapshot, stamp
from .api_common import jpeg as picture


@tagged("post_install", "-at_install")
class TestItems(BaseCase):
    """What is taken and what is not, item by item, without a database."""

    def item(self, **more):
        return {
            "uid": "6F1F8A52-3b0c-4c27-9d3c-0d8a3ce0a1b2",
            "sequence": 3,
            "event": "update",
            "camera": 7,
            "rule": 5,
            "kind": "crowd",
            "started_at": "2026-11-24T03:04:05.678Z",
            "at": "2026-11-24T03:04:06Z",
            **more,
        }

    def code(self, **more):
        with self.assertRaises(bridge_items.Bad) as caught:
            bridge_items.report(self.item(**more))
        return caught.exception.code

    def test_a_report_is_read(self):
        report = bridge_items.report(self.item(reading=1.25, count=3.0))
        self.assertEqual(report.uid, "6f1f8a52-3b0c-4c27-9d3c-0d8a3ce0a1b2")
        self.assertEqual(report.started_at.microsecond, 678000)
        self.assertEqual((report.reading, report.count, report.score), (1.25, 3, 0.0))
        self.assertIsNone(report.ended_at)

    def test_bad_items_are_named(self):
        cases = [
            {"uid": None},
            {"uid": "6f1f8a52"},
            {"uid": 5},
            {"sequence": -1},
            {"sequence": 2**31},
            {"sequence": True},
            {"sequence": "1"},
            {"sequence": 1.5},
            {"event": "begin"},
            {"event": ["open"]},
            {"kind": "fire"},
            {"kind": {}},
            {"camera": 0},
            {"camera": None},
            {"camera": 10**30},
            {"rule": "5"},
            {"rule": 0},
            {"score": math.nan},
            {"score": math.inf},
            {"score": 1.01},
            {"score": None},
            {"score": True},
            {"count": -1},
            {"count": 10**7},
            {"reading": math.nan},
            {"reading": "1.0"},
            {"boxes": None},
            {"boxes": {}},
            {"boxes": [[]]},
            {"boxes": [{"x": 0, "y": 0, "w": 1}]},
            {"boxes": [{"x": math.nan, "y": 0, "w": 1, "h": 1}]},
            {"boxes": [{"x": 0, "y": 0, "w": 1, "h": 1, "label": "x" * 41}]},
            {"boxes": [{"x": 0, "y": 0, "w": 1, "h": 1, "label": "\x00"}]},
            {"boxes": [{"x": 0, "y": 0, "w": 1, "h": 1}] * 501},
            {"clip": "x" * 501},
            {"clip": "\ud800"},
            {"clip": "a\x00"},
            {"clip": 7},
            {"snapshots": [{}] * 9},
            {"snapshots": None},
        ]
        for case in cases:
            with self.subTest(case=str(case)[:80]):
                self.assertEqual(self.code(**case), "bad_item")
        for value in (None, [], "alert", 5):
            with self.assertRaises(bridge_items.Bad):
                bridge_items.report(value)
        item = self.item()
        del item["rule"]
        with self.assertRaises(bridge_items.Bad):
            bridge_items.report(item)

    def test_bad_times_are_named(self):
        for text in (
            None,
            5,
            "",
            "2026-11-24",
            "2026-11-24T03:04:05",
            "2026-11-24T03:04:05+08:00",
            "2026-02-30T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-11-24T24:00:00Z",
            "2026-11-24T03:04:60Z",
            "1999-12-31T23:59:59Z",
            "9999-12-31T23:59:59Z",
            "２026-11-24T03:04:05Z",
            "2026-11-24T03:04:05Z\n",
            "2026-11-24T03:04:05.1234567Z",
        ):
            with self.subTest(text=text):
                self.assertEqual(self.code(at=text), "bad_time")

    def test_a_clock_set_back_loses_no_report(self):
        report = bridge_items.report(
            self.item(event="close", ended_at="2026-11-24T02:00:00Z", at="2026-11-24T02:00:00Z")
        )
        self.assertEqual(report.ended_at, report.started_at)

    def test_boxes_are_cut_off_at_the_edges(self):
        box = bridge_items.box({"x": -0.1, "y": 0.9, "w": 0.3, "h": 0.5})
        self.assertEqual((box["x"], box["y"], box["w"], box["h"]), (0.0, 0.9, 0.2, 0.1))

    def test_bad_pictures_are_named(self):
        good = snapshot()
        data = picture()
        for change in (
            {"sha256": "0" * 64},
            {"jpeg": "%%%"},
            {"jpeg": "ü" * 8},
            {"jpeg": None},
            {"jpeg": ""},
            {"jpeg": base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()},
            {"jpeg": base64.b64encode(data[:20]).decode()},
            {"jpeg": "A" * (bridge_items.MAX_JPEG_TEXT + 1)},
        ):
            with self.subTest(change=str(change)[:60]):
                self.assertEqual(self.code(snapshots=[{**good, **change}]), "bad_picture")
        self.assertEqual(self.code(snapshots=[{**good, "sha256": good["sha256"].upper()}]),
                         "bad_item")
        self.assertEqual(self.code(snapshots=[{**good, "at": "now"}]), "bad_time")

    def test_a_picture_of_the_greatest_size_is_taken(self):
        data = picture() + b"\0" * (bridge_items.MAX_JPEG - len(picture()))
        self.assertEqual(bridge_items.report(self.item(snapshots=[snapshot(data)])).pictures[0].data,
                         data)
        self.assertEqual(self.code(snapshots=[snapshot(data + b"\0")]), "bad_picture")

    def test_the_size_of_a_jpeg_is_read_from_its_header(self):
        self.assertEqual(jpeg.size(picture(width=640, height=360)), (640, 360))
        for data in (b"", b"\xff\xd8", b"\xff\xd8\xff", b"GIF89a", picture()[:30],
                     b"\xff\xd8\xff\xe0\x00\x00", b"\xff\xd8\xff\xc0\x00\x0b\x08\x00\x00\x00\x00",
                     b"\xff\xd8" + b"\xff" * 100, b"\xff\xd8\xff\xda\x00\x08"):
            with self.assertRaises(ValueError):
                jpeg.size(data)


@tagged("post_install", "-at_install")
class TestIngest(VideoCase):
    """Reports become alerts: each once, whatever order they come in."""

    def test_an_episode_is_one_alert_from_its_opening_to_its_end(self):
        uid = str(uuid.uuid4())
        later = NOON + timedelta(seconds=90)
        self.assertEqual(self.ingest(self.report(uid)), ["stored"])
        self.assertEqual(
            self.ingest(self.report(uid, 2, "update", at=NOON + timedelta(seconds=30), count=12)),
            ["stored"],
        )
        self.assertEqual(
            self.ingest(self.report(uid, 3, "close", at=later, ended_at=stamp(later),
                                    score=0, count=0, boxes=[])),
            ["stored"],
        )
        alert = self.alert(uid)
        self.assertEqual(len(alert), 1)
        self.assertEqual(alert.camera_id, self.camera)
        self.assertEqual(alert.area_id, self.north)
        self.assertEqual(alert.rule_id, self.rule)
        self.assertEqual(alert.bridge_id, self.bridge)
        self.assertEqual((alert.sequence, alert.episode_state), (3, "closed"))
        self.assertEqual((alert.started_at, alert.last_at, alert.ended_at), (NOON, later, later))
        self.assertEqual((alert.count, alert.score, len(alert.boxes)), (12, 0.8, 1))
        self.assertEqual(alert.judgement, "pending")

    def test_repeats_change_nothing(self):
        item = self.report(snapshots=[snapshot()])
        self.assertEqual(self.ingest(item), ["stored"])
        alert = self.alert(item["uid"])
        before = alert.read()[0]
        self.assertEqual(self.ingest(item, item), ["duplicate", "duplicate"])
        self.assertEqual(self.ingest({**item, "count": 99, "uid": item["uid"].upper()}),
                         ["duplicate"])
        alert.invalidate_recordset()
        self.assertEqual(alert.read()[0], before)
        self.assertEqual(alert.snapshot_count, 1)
        self.assertEqual(len(alert.snapshot_ids), 1)

    def test_every_order_of_arrival_ends_the_same(self):
        steps = [("open", 1, 5), ("update", 2, 7), ("update", 3, 9), ("close", 4, 4)]
        for order in itertools.permutations(steps):
            uid = str(uuid.uuid4())
            items = [
                self.report(uid, sequence, event, count=count,
                            snapshots=[snapshot(picture(sequence))])
                for event, sequence, count in order
            ]
            statuses = self.ingest(*items[:2]) + self.ingest(*items[2:])
            newest = 0
            for (_event, sequence, _count), status in zip(order, statuses, strict=True):
                self.assertEqual(status, "stored" if sequence > newest else "stale")
                newest = max(newest, sequence)
            alert = self.alert(uid)
            self.assertEqual(
                (alert.sequence, alert.episode_state, alert.count, alert.snapshot_count),
                (4, "closed", 4, 4),
            )

    def test_a_stale_report_keeps_its_new_pictures(self):
        uid = str(uuid.uuid4())
        self.ingest(self.report(uid, 2, "update"))
        self.assertEqual(self.ingest(self.report(uid, 1, snapshots=[snapshot()])), ["stale"])
        alert = self.alert(uid)
        self.assertEqual((alert.sequence, alert.snapshot_count), (2, 1))
        self.assertEqual(self.pictures(alert.snapshot_ids), [picture()])

    def test_two_bridges_counting_on_from_one_report_lose_no_end(self):
        uid = str(uuid.uuid4())
        self.ingest(self.report(uid, 1))
        self.assertEqual(self.ingest(self.report(uid, 2, "update")), ["stored"])
        self.assertEqual(self.ingest(self.report(uid, 2, "close")), ["stored"])
        self.assertEqual(self.ingest(self.report(uid, 2, "update")), ["duplicate"])
        self.assertEqual(self.ingest(self.report(uid, 2, "close")), ["duplicate"])
        self.assertEqual(self.alert(uid).episode_state, "closed")

    def test_an_episode_of_another_camera_is_refused(self):
        item = self.report()
        self.ingest(item)
        other = {**item, "camera": self.far.id, "rule": None, "sequence": 9}
        result = self.env["yst.video.alert"]._ingest(self.bridge, [other])[0]
        self.assertEqual((result["status"], result["code"]), ("invalid", "other_episode"))
        self.assertEqual(self.alert(item["uid"]).camera_id, self.camera)

    def test_bad_items_do_not_stop_the_others(self):
        good = [self.report(), self.report()]
        bad = [
            self.report(camera=self.camera.browse(2**31 - 1)),
            self.report(at=NOON, score=7),
            self.report(snapshots=[{**snapshot(), "sha256": "0" * 64}]),
            "nonsense",
            None,
            {},
            {"uid": "\ud800", "sequence": 10**40},
        ]
        results = self.env["yst.video.alert"]._ingest(
            self.bridge, [bad[0], good[0], *bad[1:], good[1]]
        )
        self.assertEqual(
            [result["status"] for result in results],
            ["invalid", "stored", *["invalid"] * 6, "stored"],
        )
        self.assertEqual(
            [result["code"] for result in results][:4],
            ["unknown_camera", None, "bad_item", "bad_picture"],
        )
        json.dumps(results)
        self.assertTrue(self.alert(good[0]["uid"]) and self.alert(good[1]["uid"]))

    def test_an_alert_of_any_camera_that_exists_is_kept(self):
        """Whoever holds the camera, whatever its state, and without its rule."""
        self.camera._with_state_unlocked().write({"state": "retired"})
        foreign = self._rule(self.far)
        gone = self.rule.browse(10**9)
        items = [self.report(), self.report(rule=foreign), self.report(rule=gone)]
        self.assertEqual(self.ingest(*items), ["stored"] * 3)
        self.assertEqual(self.alert(items[0]["uid"]).rule_id, self.rule)
        self.assertFalse(self.alert(items[1]["uid"]).rule_id)
        self.assertFalse(self.alert(items[2]["uid"]).rule_id)

    def test_pictures_are_stored_as_they_came(self):
        data = [picture(shade) for shade in range(3)]
        item = self.report(
            snapshots=[snapshot(one, NOON + timedelta(seconds=n)) for n, one in enumerate(data)]
        )
        self.ingest(item)
        shots = self.alert(item["uid"]).snapshot_ids.sorted("id")
        self.assertEqual(self.pictures(shots), data)
        self.assertEqual(shots.mapped("sha256"),
                         [hashlib.sha256(one).hexdigest() for one in data])
        self.assertEqual(shots[0].taken_at, NOON)
        self.assertEqual((shots[0].width, shots[0].height, shots[0].size),
                         (64, 36, len(data[0])))
        self.assertEqual(shots.mapped("camera_id"), self.camera)

    def test_equal_pictures_belong_to_each_of_their_alerts(self):
        first, second = self.report(snapshots=[snapshot()]), self.report(snapshots=[snapshot()])
        self.assertEqual(self.ingest(first, second), ["stored", "stored"])
        shots = (self.alert(first["uid"]) | self.alert(second["uid"])).snapshot_ids
        self.assertEqual(self.pictures(shots), [picture()] * 2)

    def test_pictures_are_not_decoded(self):
        with patch("PIL.Image.open", side_effect=AssertionError("decoded")):
            self.made(snapshots=[snapshot()])

    def test_an_update_after_the_end_opens_the_episode_again(self):
        uid = str(uuid.uuid4())
        self.ingest(self.report(uid, 1), self.report(uid, 2, "close"))
        self.assertEqual(self.ingest(self.report(uid, 3, "update")), ["stored"])
        alert = self.alert(uid)
        self.assertEqual((alert.episode_state, alert.ended_at), ("open", False))

    def test_a_judged_alert_stays_judged_when_reports_follow(self):
        alert = self.made()
        alert.with_user(self.operator).action_judge_true()
        self.ingest(self.report(alert.uid, 2, "close"))
        alert.invalidate_recordset()
        self.assertEqual((alert.judgement, alert.judged_by), ("true", self.operator))

    def test_the_raw_rows_are_what_the_orm_would_write(self):
        """The one statement of the ingest beside the ORM's own creation."""
        item = self.report(reading=1.25, clip="clips/7")
        self.ingest(item)
        ours = self.alert(item["uid"])
        values = {
            name: ours[name]
            for name in ("sequence", "kind", "episode_state", "started_at", "last_at", "ended_at",
                         "score", "count", "reading", "has_reading", "boxes", "clip_ref")
        }
        twin = ours.sudo().create(
            {**values, "uid": str(uuid.uuid4()), "camera_id": self.camera.id,
             "area_id": self.north.id, "rule_id": self.rule.id, "bridge_id": self.bridge.id}
        )
        skip = {"id", "uid", "create_uid", "write_uid", "create_date", "write_date",
                "display_name", "order_attempts"}
        stored = [n for n, f in ours._fields.items() if f.store and f.column_type and n not in skip]
        self.env.flush_all()
        self.env.invalidate_all()
        for name in stored:
            self.assertEqual(ours[name], twin[name], name)

    def test_silent_episodes_are_closed(self):
        alert, alive = self.made(), self.made(camera=self.far)
        self.env.cr.execute(
            "UPDATE yst_video_alert SET write_date = write_date - interval '31 minutes',"
            " last_at = now() AT TIME ZONE 'utc' - interval '31 minutes'"
        )
        self.env.cr.execute(
            "UPDATE yst_video_camera_health SET updated_at = now() AT TIME ZONE 'utc',"
            " lease_until = now() AT TIME ZONE 'utc' WHERE camera_id = %s", [self.far.id]
        )
        self.env["yst.video.alert"]._cron_close_silent()
        self.env.invalidate_all()
        self.assertEqual(alert.episode_state, "closed")
        self.assertTrue(alert.close_note)
        self.assertEqual(alert.ended_at, alert.last_at)
        self.assertEqual(alive.episode_state, "open")
        self.assertEqual(self.ingest(self.report(alert.uid, 2, "update")), ["stored"])
        self.env.invalidate_all()
        self.assertEqual((alert.episode_state, alert.close_note), ("open", False))

    def test_pictures_wait_for_the_disk_once(self):
        """As many as a batch holds: one wait for all of them, and none for each."""
        items = [self.report(snapshots=[snapshot(picture(n))]) for n in range(30)]
        real, waits = picture_files._sync_disk, []

        def wait(path):
            waits.append(path)
            return real(path)

        with patch.object(picture_files, "_sync_disk", wait), \
                patch("odoo.addons.yst_base.whole_file.write") as single:
            self.ingest(*items)
        self.assertEqual(len(waits), 1)
        self.assertFalse(single.called)
        shots = self.env["yst.video.snapshot"].search([("camera_id", "=", self.camera.id)])
        self.assertEqual(len(self.pictures(shots)), 30)
        self.assertEqual(set(self.pictures(shots)), {picture(n) for n in range(30)})

    def test_pictures_are_attached_as_the_orm_would(self):
        """In files by SQL, in the database by the ORM: the same attachment both ways."""
        attachments = self.env["ir.attachment"].sudo()
        columns = [name for name, field in attachments._fields.items()
                   if field.store and field.column_type]
        found = []
        for storage in ("file", "db"):
            with patch.object(self.registry["ir.attachment"], "_storage", return_value=storage):
                item = self.report(snapshots=[snapshot(picture(55))])
                self.ingest(item)
            shot = self.alert(item["uid"]).snapshot_ids
            attachment = attachments.search(
                [("res_model", "=", shot._name), ("res_id", "=", shot.id),
                 ("res_field", "=", "image")]
            )
            self.assertEqual(attachment.raw, picture(55))
            self.env.flush_all()
            self.env.cr.execute(
                SQL("SELECT * FROM ir_attachment WHERE id = %s", attachment.id)
            )
            [row] = self.env.cr.dictfetchall()
            found.append({name: row[name] for name in columns})
        by_sql, by_orm = found
        own = {"id", "res_id", "create_date", "write_date", "store_fname", "db_datas"}
        self.assertEqual({name: by_sql[name] for name in columns if name not in own},
                         {name: by_orm[name] for name in columns if name not in own})
        self.assertTrue(by_sql["store_fname"] and by_sql["create_date"] and by_sql["write_date"])
        self.assertIsNone(by_sql["db_datas"])

    def test_a_full_disk_stores_nothing_of_the_batch(self):
        item = self.report(snapshots=[snapshot(picture(77))])
        full = OSError(28, "No space left on device")
        with patch.object(picture_files, "_sync_disk", side_effect=full), \
                self.assertRaises(OSError), self.env.cr.savepoint():
            self.ingest(item)
        self.env.invalidate_all()
        self.assertFalse(self.alert(item["uid"]))
        with patch.object(picture_files, "_sync_disk", wraps=picture_files._sync_disk) as sync:
            self.assertEqual(self.ingest(item), ["stored"])
        self.assertEqual(sync.call_count, 1, "the file was there, and perhaps not on the disk")
        self.assertEqual(self.pictures(self.alert(item["uid"]).snapshot_ids), [picture(77)])

    def test_files_without_a_disk_wide_wait_are_each_waited_for(self):
        with tempfile.TemporaryDirectory() as folder:
            files = {os.path.join(folder, str(n)): bytes([n]) * 100 for n in range(5)}
            with patch.object(picture_files, "_sync_disk", return_value=False), \
                    patch.object(picture_files, "_sync", side_effect=picture_files._sync) as sync:
                picture_files.write_all(files, os.path.join(folder, "part"))
            self.assertEqual(sync.call_count, 6)
            for path, data in files.items():
                with open(path, "rb") as stored:
                    self.assertEqual(stored.read(), data)
            self.assertEqual(sorted(os.listdir(folder)), sorted(map(os.path.basename, files)))
