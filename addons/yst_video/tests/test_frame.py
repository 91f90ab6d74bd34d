import base64
import hashlib
import json
import os
import tempfile
import time
from datetime import timedelta
from unittest.mock import patch

from odoo.tests import BaseCase, tagged
from odoo.tools import mute_logger

from .. import bridge_items, picture_files, picture_frame
from ..api_error import ApiError
from .api_common import NOON, ApiCase, VideoCase, snapshot
from .api_common import jpeg as picture


def sha(data):
    return hashlib.sha256(data).hexdigest()


def frame(body, *pictures, listed=None):
    """A batch in its second form; the pictures are listed as they are unless said otherwise."""
    if listed is None:
        listed = [{"sha256": sha(data), "size": len(data)} for data in pictures]
    head = json.dumps({**body, "pictures": listed}).encode()
    return len(head).to_bytes(4, "big") + head + b"".join(pictures)


def beside(*items):
    """The items as they are when their pictures are beside the JSON, and the pictures."""
    pictures = {
        shot["sha256"]: base64.b64decode(shot["jpeg"])
        for item in items for shot in item["snapshots"]
    }
    bare = [
        {**item, "snapshots": [
            {name: value for name, value in shot.items() if name != "jpeg"}
            for shot in item["snapshots"]
        ]}
        for item in items
    ]
    return bare, list(pictures.values())


@tagged("post_install", "-at_install")
class TestFrame(BaseCase):
    """The second form of a batch, taken apart without a database."""

    def read(self, data):
        head, rest = picture_frame.parted(data)
        return picture_frame.parts(json.loads(head)["pictures"], rest)

    def code(self, data):
        with self.assertRaises(ApiError) as caught:
            self.read(data)
        return caught.exception.code, caught.exception.word

    def test_pictures_are_cut_out_where_they_lie(self):
        first, second = picture(1), picture(2)
        data = bytearray(frame({}, first, second))
        parts = self.read(data)
        self.assertEqual(list(parts), [sha(first), sha(second)])
        self.assertEqual(parts[sha(second)].checked(), (second, 64, 36))
        self.assertIs(parts[sha(first)].data.obj, data, "not copied")

    def test_no_pictures(self):
        self.assertEqual(self.read(frame({})), {})

    def test_what_is_cut_off_or_too_long(self):
        whole = frame({}, picture())
        for data in (b"", b"\0", b"\0\0\0", b"\0\0\0\5{}", b"\xff" * 100, whole[:-1], whole + b"x",
                     frame({}, picture(), listed=[])):
            with self.subTest(data=data[:40]):
                self.assertEqual(self.code(data), (400, "bad_frame"))

    def test_lists_of_another_shape(self):
        good = {"sha256": "0" * 64, "size": 0}
        for each in (5, None, [], {}, {**good, "sha256": "0" * 63}, {**good, "sha256": "G" * 64},
                     {**good, "sha256": 7}, {**good, "sha256": [1]}, {**good, "size": -1},
                     {**good, "size": True}, {**good, "size": "1"}, {**good, "size": 1.5},
                     {**good, "size": 2**40}, {**good, "size": None}):
            with self.subTest(each=each):
                self.assertEqual(self.code(frame({}, listed=[each])), (422, "unprocessable"))
        self.assertEqual(self.code(frame({}, listed=[good, good])), (422, "unprocessable"))
        self.assertEqual(list(self.read(frame({}, listed=[{**good, "size": 0.0}]))), ["0" * 64])

    def test_a_picture_that_two_alerts_show_is_looked_at_once(self):
        part = bridge_items.Part(sha(picture()), memoryview(picture()))
        with patch.object(bridge_items.hashlib, "sha256", wraps=hashlib.sha256) as hashed:
            self.assertEqual(part.checked(), part.checked())
        self.assertEqual(hashed.call_count, 1)
        bad = bridge_items.Part("0" * 64, memoryview(picture()))
        for _time in range(2):
            with self.assertRaises(bridge_items.Bad):
                bad.checked()

    def test_files_that_are_left_half_written_are_swept_up(self):
        """Killed in the midst of it: what is there is on the list of the store's clean-up."""
        data = {n: picture(n) for n in range(3)}

        def named(each):
            return hashlib.sha1(each).hexdigest()

        with tempfile.TemporaryDirectory() as store:
            real, moved = os.replace, []

            def replace(*paths):
                if moved:
                    raise KeyboardInterrupt
                real(*paths)
                moved.append(paths)

            with patch("os.replace", replace), self.assertRaises(KeyboardInterrupt):
                picture_files.file_all(store, data, named, None)
            names = {"list": set(), "store": set()}
            for folder, _folders, files in os.walk(store):
                kind = "list" if "checklist" in folder else "store"
                names[kind] |= {f"{os.path.basename(folder)}/{name}" for name in files}
            self.assertEqual(len(names["store"]), 2)
            self.assertLessEqual(names["store"], names["list"])

    def test_another_file_of_the_same_name_is_not_written_over(self):
        with tempfile.TemporaryDirectory() as store:
            taken = []

            def refuse(data, name):
                taken.append((data, name))
                raise ValueError("taken")

            filed = picture_files.file_all(store, {1: b"a"}, lambda data: "aabb", refuse)
            self.assertEqual(filed, {1: ("aabb", "aa/aabb")})
            self.assertEqual(os.listdir(f"{store}/aa"), ["aabb"])
            self.assertEqual(os.listdir(f"{store}/checklist/aa"), ["aabb"])
            with self.assertRaises(ValueError):
                picture_files.file_all(store, {1: b"b"}, lambda data: "aabb", refuse)
            self.assertEqual(taken, [(b"b", "aabb")])
            with open(os.path.join(store, "aa/aabb"), "rb") as stored:
                self.assertEqual(stored.read(), b"a")
        with tempfile.TemporaryDirectory() as store, self.assertRaises(OSError):
            picture_files.file_all(store, {1: b"a", 2: b"b"}, lambda data: "aabb", refuse)


@tagged("post_install", "-at_install")
class TestFiling(VideoCase):
    """Files are written while the database works; nothing is said to be there before it is."""

    def test_the_disk_has_the_pictures_before_the_attachments_are_written(self):
        real, order = picture_files._sync_disk, []
        execute = type(self.env.cr).execute

        def sync(folder):
            time.sleep(0.2)  # longer than the database takes
            done = real(folder)
            order.append("disk")
            return done

        def noted(cursor, query, *args, **options):
            if "INTO ir_attachment" in str(getattr(query, "code", query)):
                order.append("attachments")
            return execute(cursor, query, *args, **options)

        with patch.object(picture_files, "_sync_disk", sync), \
                patch.object(type(self.env.cr), "execute", noted):
            self.made(snapshots=[snapshot()])
        self.assertEqual(order, ["disk", "attachments"])

    def test_the_thread_has_ended_when_the_database_refuses(self):
        ended = []

        def sync(_folder):
            time.sleep(0.2)
            ended.append(True)
            return True

        Alert = self.registry["yst.video.alert"]
        with patch.object(picture_files, "_sync_disk", sync), \
                patch.object(Alert, "_store_episodes", side_effect=ValueError("no")), \
                self.assertRaises(ValueError):
            self.ingest(self.report(snapshots=[snapshot()]))
        self.assertTrue(ended)

    def test_the_clean_up_waits_and_knows_what_was_written(self):
        """The list of names is the one that Odoo keeps; the lock comes before the first file."""
        attachments = self.env["ir.attachment"]
        execute, order = type(self.env.cr).execute, []
        real = picture_files.file_all

        def noted(cursor, query, *args, **options):
            if str(query).startswith("LOCK TABLE ir_attachment"):
                order.append("lock")
            return execute(cursor, query, *args, **options)

        def filed(*args):
            order.append("files")
            return real(*args)

        with patch.object(picture_files, "file_all", filed), \
                patch.object(type(self.env.cr), "execute", noted):
            self.made(snapshots=[snapshot(picture(31))])
        self.assertEqual(order, ["lock", "files"])
        name = hashlib.sha1(picture(31)).hexdigest()
        listed = attachments._full_path(f"checklist/{name[:2]}/{name}")
        self.assertTrue(os.path.exists(listed))
        with tempfile.TemporaryDirectory() as store, \
                patch.object(self.registry["ir.attachment"], "_filestore", return_value=store):
            attachments._mark_for_gc(f"{name[:2]}/{name}")
            self.assertTrue(os.path.exists(f"{store}/checklist/{name[:2]}/{name}"))

    def test_repeats_write_no_file(self):
        item = self.report(snapshots=[snapshot()])
        self.ingest(item)
        with patch.object(picture_files, "file_all", side_effect=AssertionError("written")):
            self.assertEqual(self.ingest(item, item), ["duplicate", "duplicate"])

    def test_pictures_are_counted_whenever_they_come(self):
        """With the alert, with a later report, with one that is stale, and twice."""
        shots = [snapshot(picture(n), NOON + timedelta(seconds=n)) for n in range(4)]
        item = self.report(snapshots=shots[:2])
        uid = item["uid"]
        statuses = self.ingest(item, self.report(uid, 3, "update", snapshots=shots[1:3]))
        statuses += self.ingest(self.report(uid, 2, "update", snapshots=shots))
        statuses += self.ingest(self.report(uid, 4, "close", snapshots=shots))
        self.assertEqual(statuses, ["stored", "stored", "stale", "stored"])
        alert = self.alert(uid)
        self.assertEqual((alert.snapshot_count, len(alert.snapshot_ids)), (4, 4))
        self.assertEqual(self.pictures(alert.snapshot_ids.sorted("id")),
                         [picture(n) for n in range(4)])


@tagged("post_install", "-at_install")
class TestFramedAlerts(ApiCase):
    """The second form over HTTP: it says the same and is answered the same."""

    def post(self, data, **headers):
        return self.call("alerts", data=data, headers={
            "Content-Type": picture_frame.TYPE,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        })

    def framed(self, *items, pictures=(), **options):
        """The results of a batch in its second form."""
        body = {"bridge": self.ident, "alerts": list(items)}
        answer = self.post(frame(body, *pictures, **options))
        self.assertEqual(answer.status_code, 200, answer.text)
        return answer.json()["results"]

    def refused(self, answer, status, code):
        self.assertEqual((answer.status_code, answer.json()["error"]["code"]), (status, code),
                         answer.text)

    def stored(self, uids):
        """What is in the database about alerts and their pictures, without what differs anyway."""
        self.env.invalidate_all()
        found = []
        for uid in uids:
            alert = self.alert(uid)
            fields = [name for name, field in alert._fields.items()
                      if field.store and field.column_type and name not in
                      ("id", "uid", "create_date", "write_date")]
            shots = alert.snapshot_ids.sorted("id")
            shown = [name for name, field in shots._fields.items()
                     if field.store and field.column_type and name not in
                     ("id", "alert_id", "create_date", "write_date")]
            attachments = self.env["ir.attachment"].sudo().search(
                [("res_model", "=", shots._name), ("res_field", "=", "image"),
                 ("res_id", "in", shots.ids)], order="res_id")
            found.append((
                [alert[name] for name in fields],
                [[shot[name] for name in shown] for shot in shots],
                [(one.raw, one.checksum, one.mimetype, one.file_size, one.store_fname)
                 for one in attachments],
            ))
        return found

    def test_both_forms_store_the_same(self):
        """Good and bad items, several pictures of one alert, one picture of several alerts."""

        def batch():
            shots = [snapshot(picture(n), NOON + timedelta(seconds=n)) for n in range(3)]
            return [
                self.report(snapshots=shots[:1]), self.report(snapshots=shots),
                self.report(snapshots=shots[:1]), self.report(), self.report(score=7),
                self.report(snapshots=[snapshot(b"no picture")]),
                self.report(snapshots=[{**shots[0], "at": "yesterday"}]),
                self.report(snapshots=[{**shots[0], "width": 0}]),
                self.report(snapshots=[snapshot(picture(9))], event="close", sequence=2),
            ]

        one, two = batch(), batch()
        bare, pictures = beside(*two)
        self.assertEqual(len(pictures), 5)
        self.assertNotIn("jpeg", json.dumps(bare))
        said = self.send(*one), self.framed(*bare, pictures=pictures)
        told = [[(r["status"], r["code"], r["message"]) for r in results] for results in said]
        self.assertEqual(*told)
        self.assertEqual([status for status, *_why in told[0]],
                         ["stored"] * 4 + ["invalid"] * 4 + ["stored"])
        self.assertEqual([r["uid"] for r in said[1]], [item["uid"] for item in two])
        kept = [place for place, (status, *_why) in enumerate(told[0]) if status == "stored"]
        first = self.stored([one[place]["uid"] for place in kept])
        self.assertEqual(first, self.stored([two[place]["uid"] for place in kept]))
        self.assertEqual(first[1][2][2][0], picture(2))
        # each form knows what came in the other
        again = self.framed(*beside(*one)[0], pictures=pictures), self.send(*two)
        for results in again:
            self.assertEqual([r["status"] for r in results],
                             ["duplicate"] * 4 + ["invalid"] * 4 + ["duplicate"])
        self.assertEqual(first, self.stored([one[place]["uid"] for place in kept]))

    def test_a_bad_picture_is_answered_for_those_that_show_it(self):
        good, other = picture(1), picture(2)
        large = good + b"\0" * bridge_items.MAX_JPEG
        shots = {name: {"at": snapshot()["at"], "sha256": sha(data)}
                 for name, data in {"good": good, "other": other, "large": large}.items()}
        items = [
            self.report(snapshots=[shots["good"]]),
            self.report(snapshots=[shots["other"]]),  # its bytes are another picture's
            self.report(snapshots=[shots["good"], shots["other"]]),
            self.report(snapshots=[{**shots["good"], "sha256": "f" * 64}]),  # never came
            self.report(snapshots=[shots["large"]]),
            self.report(snapshots=[{**shots["good"], "sha256": sha(b"")}]),
            self.report(snapshots=[{**shots["good"], "sha256": 5}]),
            self.report(snapshots=[{"sha256": sha(good)}]),
            self.report(snapshots=["nonsense"]), self.report(snapshots={}), "nonsense", None,
            self.report(),
        ]
        listed = [
            {"sha256": sha(good), "size": len(good)},
            {"sha256": sha(other), "size": len(good)},
            {"sha256": sha(large), "size": len(large)},
            {"sha256": sha(b""), "size": 0},
            {"sha256": "a" * 64, "size": 3},  # nobody shows it: not looked at
        ]
        results = self.framed(*items, pictures=[good, good, large, b"", b"xyz"], listed=listed)
        self.assertEqual(
            [(r["status"], r["code"]) for r in results],
            [("stored", None), *[("invalid", "bad_picture")] * 5, ("invalid", "bad_item"),
             ("invalid", "bad_time"), *[("invalid", "bad_item")] * 4, ("stored", None)],
        )
        self.assertEqual(self.stored([items[0]["uid"]])[0][2][0][0], good)
        # as a bridge goes on: the same reports without their pictures
        bare = [{**item, "snapshots": []} for item in items[1:5]]
        self.assertEqual([r["status"] for r in self.framed(*bare)], ["stored"] * 4)

    def test_a_picture_in_the_json_is_not_looked_at(self):
        """Nothing that JSON can say is taken for a picture that followed it."""
        for forged in (base64.b64encode(picture(2)).decode(), {"data": "x"}, 5, None, "AAAA"):
            item = self.report(snapshots=[{**snapshot(picture(1)), "jpeg": forged}])
            [result] = self.framed(item, pictures=[picture(1)])
            self.assertEqual(result["status"], "stored")
            self.assertEqual(self.stored([item["uid"]])[0][2][0][0], picture(1))
            [result] = self.framed(self.report(snapshots=[{**snapshot(), "jpeg": forged}]))
            self.assertEqual(result["code"], "bad_picture")
        [result] = self.send(self.report(snapshots=[
            {name: value for name, value in snapshot().items() if name != "jpeg"}]))
        self.assertEqual(result["code"], "bad_picture")

    def test_a_form_that_is_broken_is_refused_as_a_whole(self):
        item = {**self.report(), "snapshots": [{"at": snapshot()["at"], "sha256": sha(picture())}]}
        body = {"bridge": self.ident, "alerts": [item]}
        good = frame(body, picture())
        for data in (b"", b"\0\0", good[:-1], good + b"\0", good[:100],
                     b"\xff\xff\xff\xff" + good[4:]):
            self.refused(self.post(data), 400, "bad_frame")
        self.refused(self.post(b"\0\0\0\2{\xff"), 400, "bad_json")
        self.refused(self.post(b"\0\0\0\2[]"), 422, "unprocessable")
        one = {"sha256": sha(picture()), "size": len(picture())}
        for listed in ({}, 5, [one, one], [{}], [one] * 4001):
            self.refused(self.post(frame(body, picture(), listed=listed)), 422, "unprocessable")
        for more in ({"alerts": {}}, {"alerts": [{}] * 501}, {"bridge": "x"}):
            self.refused(self.post(frame({**body, **more}, picture())), 422, "unprocessable")
        self.refused(self.call("alerts", data=good), 400, "bad_json")
        self.refused(self.call("alerts", data=good, headers={"Content-Type": "image/jpeg"}),
                     415, "unsupported_type")
        for path in ("heartbeat", "stills", "bind"):
            answer = self.call(path, data=good, headers={"Content-Type": picture_frame.TYPE})
            self.refused(answer, 415, "unsupported_type")
        self.env.invalidate_all()
        self.assertFalse(self.alert(item["uid"]))
        self.assertEqual(self.post(good).json()["results"][0]["status"], "stored")

    def test_the_limits_are_those_of_the_other_form(self):
        over = frame({"bridge": self.ident, "alerts": []}, b"\0" * 32 * 2**20)
        self.refused(self.post(over), 413, "too_large")
        self.refused(self.call("alerts", data=frame({}), key="0" * 40,
                               headers={"Content-Type": picture_frame.TYPE}), 401, "unauthorized")

    def test_a_packed_frame_is_taken_too(self):
        bare, pictures = beside(self.report(snapshots=[snapshot()]))
        data = frame({"bridge": self.ident, "alerts": bare}, *pictures)
        answer = self.call("alerts", data=data, packed=True,
                           headers={"Content-Type": picture_frame.TYPE})
        self.assertEqual(answer.json()["results"][0]["status"], "stored")
        self.refused(self.post(data, Content_Encoding="br"), 415, "unsupported_type")

    def test_a_body_that_comes_in_pieces_is_taken_too(self):
        """Without a length given before; and read once though the transaction is run twice."""
        bare, pictures = beside(self.report(snapshots=[snapshot()]))
        data = frame({"bridge": self.ident, "alerts": bare}, *pictures)
        pieces = (data[place : place + 1000] for place in range(0, len(data), 1000))
        answer = self.post(pieces)
        self.assertEqual(answer.status_code, 200, answer.text)
        self.assertEqual(answer.json()["results"][0]["status"], "stored")

    def test_a_conflict_with_another_transaction_is_run_again(self):
        Alert = self.registry["yst.video.alert"]
        real, calls = Alert._ingest, []

        def ingest(records, bridge, items):
            calls.append(1)
            results = real(records, bridge, items)
            if len(calls) == 1:
                records.env.flush_all()
                records.env.cr.execute(
                    "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$",
                    log_exceptions=False)
            return results

        item = self.report(snapshots=[snapshot()])
        bare, pictures = beside(item)
        with patch.object(Alert, "_ingest", ingest), mute_logger("odoo.service.model"), \
                patch("odoo.service.model.time.sleep"):
            results = self.framed(*bare, pictures=pictures)
        self.assertEqual([one["status"] for one in results], ["stored"])
        self.assertEqual(len(calls), 2)
        self.assertEqual(self.stored([item["uid"]])[0][2][0][0], picture())
