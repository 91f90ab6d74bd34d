"""Footage requests: registered, decided by somebody else, handed out with SHA-256, blurred."""

import base64
import hashlib
from datetime import timedelta

import cv2
import numpy as np

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from odoo.addons.yst_base.tests.common import number

from .. import blur
from .api_common import NOON, ApiCase, VideoCase, snapshot


def noise(width=640, height=360):
    """A picture in which every pixel differs from its neighbours, as JPEG."""
    pixels = np.random.default_rng(7).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()


def decode(jpeg):
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).astype(int)


@tagged("post_install", "-at_install")
class TestBlur(TransactionCase):
    def test_a_region_holds_no_more_than_a_few_colours_and_the_rest_stays(self):
        before = noise()
        after = decode(blur.pixelate(before, [(0.25, 0.25, 0.25, 0.5)]))
        inside = after[95:265, 165:315]
        # blocks of 30 pixels: within one, hardly any difference is left
        self.assertLess(inside[2:26, 2:26].std(axis=(0, 1)).max(), 12)
        self.assertGreater(decode(before)[95:265, 165:315].std(), 50)
        outside = after[:, 340:] - decode(before)[:, 340:]
        self.assertLess(abs(outside).mean(), 12)  # only what saving again costs

    def test_small_and_outlying_regions(self):
        after = decode(blur.pixelate(noise(), [(0.5, 0.5, 0.01, 0.01), (0.95, -0.2, 0.3, 0.4)]))
        self.assertEqual(after.shape, (360, 640, 3))
        self.assertLess(after[181:183, 321:325].std(axis=(0, 1)).max(), 45)

    def test_head_of_a_standing_person_and_all_of_one_that_does_not_stand(self):
        x, y, width, height = blur.head_region({"x": 0.4, "y": 0.2, "w": 0.1, "h": 0.4})
        self.assertAlmostEqual(x, 0.385)
        self.assertLess(y, 0.2)
        self.assertAlmostEqual(width, 0.13)
        self.assertTrue(0.1 < y + height - 0.2 < 0.15)
        lying = blur.head_region({"x": 0.4, "y": 0.2, "w": 0.4, "h": 0.1})
        self.assertGreater(lying[3], 0.1)

    def test_what_is_no_picture_or_region_is_refused(self):
        with self.assertRaises(blur.BlurError):
            blur.pixelate(b"no picture", [])
        with self.assertRaises(blur.BlurError):
            blur.pixelate(noise(), [(0, 0, 1, 1)] * (blur.MAX_REGIONS + 1))
        for box in ({}, {"x": "a", "y": 0, "w": 1, "h": 1}, {"x": 0, "y": 0, "w": 0, "h": 1},
                    {"x": float("nan"), "y": 0, "w": 1, "h": 1}, None):
            with self.subTest(box), self.assertRaises(blur.BlurError):
                blur.region(box)


class FootageData:
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.approver = cls._user("v.approver", "yst_video.group_footage_approver", cls.subdistrict)
        cls.south_approver = cls._user(
            "v.approver2", "yst_video.group_footage_approver", cls.south
        )
        cls.both = cls._user(
            "v.both", "yst_video.group_video_operator,yst_video.group_footage_approver",
            cls.subdistrict,
        )

    def request(self, user=None, **values):
        return self.env["yst.video.footage.request"].with_user(user or self.operator).create({
            "kind": "police",
            "unit": "测试派出所",
            "applicant_name": "警官甲",
            "document_kind": "police",
            "document_number": "012345",
            "letter_ref": "测公调〔2026〕1号",
            "reason": "调查一起盗窃案",
            "content": "11月24日中午北门路口的行人",
            "camera_ids": [Command.set(self.camera.ids)],
            "start": NOON - timedelta(hours=1),
            "stop": NOON + timedelta(hours=1),
            "way": "copy",
            **values,
        })

    def approved(self, **values):
        request = self.request(**values)
        request.action_submit()
        request.with_user(self.approver).action_approve("同意")
        return request


@tagged("post_install", "-at_install")
class TestFootage(FootageData, VideoCase):
    def test_the_whole_way(self):
        request = self.request()
        self.assertEqual((request.state, request.area_id), ("draft", self.north))
        request.action_submit()
        year = fields.Datetime.context_timestamp(request, fields.Datetime.now()).year
        self.assertRegex(request.number, rf"^DY{year}\d{{4}}$")
        self.assertEqual(request.activity_ids.user_id, self.approver | self.both)
        request.with_user(self.approver).action_approve("同意")
        self.assertEqual((request.approver_id, request.decision_note), (self.approver, "同意"))
        self.assertFalse(request.activity_ids)
        with self.assertRaises(UserError):  # a copy without files
            request.action_hand_out("警官乙")
        data = noise()
        alert = self.made(snapshots=[snapshot(data)])
        request.footage_export(alert.snapshot_ids.id)
        request.action_hand_out("警官乙", "测试派出所")
        self.assertEqual(request.handed_by_id, self.operator)
        self.assertTrue(alert.snapshot_ids.kept)
        with self.assertRaises(UserError):
            request.action_return("not_left")
        request.action_return("destroyed", "警方已销毁")
        self.assertEqual((request.state, request.returned_how), ("returned", "destroyed"))

    def test_the_dialogs_take_their_steps(self):
        def take(step, user, **values):
            wizard = self.env["yst.reason.wizard"].with_user(user).with_context(
                active_model=request._name, active_ids=request.ids
            )
            wizard.create({"step": step, **values}).action_apply()

        request = self.request(way="view")
        request.action_submit()
        with self.assertRaises(AccessError):
            take("video_approve", self.operator, note="同意")
        take("video_approve", self.approver, note="同意")
        self.assertEqual((request.state, request.decision_note), ("approved", "同意"))
        with self.assertRaises(UserError):
            take("video_hand_out", self.operator)
        take("video_hand_out", self.operator, receiver_name="警官乙", receiver_unit="测试派出所")
        self.assertEqual(request.receiver_unit, "测试派出所")
        take("video_return", self.operator, how="not_left")
        self.assertEqual((request.state, request.returned_how), ("returned", "not_left"))

    def test_numbers_follow_each_other(self):
        first, second = self.request(), self.request()
        (first | second).action_submit()
        numbers = [int(each.number[6:]) for each in (first, second)]
        self.assertEqual(numbers[1], numbers[0] + 1)

    def test_nobody_decides_what_they_registered(self):
        request = self.request(self.both)
        request.action_submit()
        for call in (request.action_approve, lambda: request.action_refuse("不行")):
            with self.assertRaises(AccessError):
                call()
        for user in (self.operator, self.manager, self.cadre):
            with self.subTest(user.login), self.assertRaises(AccessError):
                request.with_user(user).action_approve()
        with self.assertRaises(UserError):
            request.with_user(self.approver).action_refuse("  ")
        request.with_user(self.approver).action_refuse("没有调取文书")
        self.assertEqual(request.state, "refused")

    def test_an_approver_of_another_area_sees_nothing(self):
        request = self.request()
        request.action_submit()
        with self.assertRaises(AccessError):
            request.with_user(self.south_approver).action_approve()
        wide = self.request(camera_ids=[Command.set((self.camera | self.far).ids)])
        self.assertEqual(wide.area_id, self.subdistrict)

    def test_cameras_of_other_areas_cannot_be_asked_for(self):
        with self.assertRaises(AccessError):
            self.request(self.north_operator, camera_ids=[Command.set(self.far.ids)])
        request = self.request(self.north_operator)
        with self.assertRaises(AccessError):
            request.camera_ids = [Command.link(self.far.id)]

    def test_what_was_asked_for_is_fixed_and_what_happened_cannot_be_written(self):
        request = self.request()
        request.action_submit()
        for values in (
            {"reason": "另一个原因"}, {"camera_ids": [Command.set(self.far.ids)]},
            {"state": "approved"}, {"approver_id": self.approver.id}, {"number": "DY20260001"},
            {"registrar_id": self.manager.id}, {"handed_at": NOON}, {"file_ids": []},
            {"document_masked": "x"},
        ):
            with self.subTest(values), self.assertRaises(UserError):
                request.write(values)
        with self.assertRaises(UserError):
            request.unlink()
        forged = self.env["yst.video.footage.request"].with_user(self.operator).with_context(
            default_approver_id=self.approver.id, default_state="approved"
        )
        made = forged.create({
            "applicant_name": "某人", "unit": "某单位", "reason": "r", "content": "c",
            "camera_ids": [Command.set(self.camera.ids)], "start": NOON,
            "stop": NOON + timedelta(hours=1),
        })
        self.assertEqual((made.state, made.approver_id.id), ("draft", False))

    def test_only_the_masked_number_is_kept(self):
        valid = number(order="133")
        request = self.request(
            kind="relative", way="view", relation="母子", document_kind="resident_id",
            document_number=valid,
        )
        self.assertNotIn(valid, str(request.read()[0]))
        self.assertEqual(request.document_number, f"{valid[:4]}{'*' * 10}{valid[-4:]}")
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT to_jsonb(r)::text FROM yst_video_footage_request r WHERE id = %s", [request.id]
        )
        self.assertNotIn(valid, self.env.cr.fetchone()[0])
        with self.assertRaises(ValidationError):
            request.document_number = valid[:-1] + ("0" if valid[-1] != "0" else "1")

    def test_relatives_look_and_are_given_no_copy(self):
        with self.assertRaises(ValidationError):
            self.request(kind="relative", way="copy", relation="父女")
        with self.assertRaises(ValidationError):
            self.request(kind="relative", way="view")
        request = self.approved(kind="relative", way="view", relation="父女")
        request.action_hand_out("申请人甲")
        request.action_return("not_left")
        self.assertEqual(request.state, "returned")

    def test_the_police_bring_a_letter_and_show_a_card(self):
        for missing in ({"letter_ref": False}, {"document_number": False}):
            with self.subTest(missing), self.assertRaises(UserError):
                self.request(**missing).action_submit()
        with self.assertRaises(ValidationError):
            self.request(unit=" ")

    def test_export_covers_heads_and_what_was_drawn(self):
        request = self.approved()
        original = noise()
        alert = self.made(
            snapshots=[snapshot(original)],
            boxes=[
                {"x": 0.1, "y": 0.2, "w": 0.1, "h": 0.5, "score": 0.9, "label": "person"},
                {"x": 0.6, "y": 0.2, "w": 0.1, "h": 0.5, "score": 0.9, "label": "person"},
            ],
        )
        [offered] = request.footage_pictures()
        self.assertEqual((offered["id"], len(offered["boxes"])), (alert.snapshot_ids.id, 2))
        request.footage_export(
            alert.snapshot_ids.id,
            rectangles=[{"x": 0.3, "y": 0.8, "w": 0.1, "h": 0.15}],
            clear_boxes=[1],
        )
        evidence = request.sudo().file_ids
        data = evidence._content()
        self.assertEqual(hashlib.sha256(data).hexdigest(), evidence.sha256)
        before, after = decode(original), decode(data)

        def changed(x, y):
            row, column = int(y * 360), int(x * 640)
            part = slice(row - 5, row + 5), slice(column - 5, column + 5)
            return abs(after[part] - before[part]).mean() > 25

        self.assertTrue(changed(0.15, 0.26))  # the first head
        self.assertFalse(changed(0.65, 0.26))  # left clear: the person asked for
        self.assertTrue(changed(0.35, 0.87))  # drawn by hand
        self.assertFalse(changed(0.15, 0.6))  # the body
        log = self.env["yst.video.view.log"].search([("what", "=", "export")], limit=1)
        self.assertEqual((log.user_id, log.note), (self.operator, request.number))

    def test_each_picture_is_covered_where_the_persons_are_in_it(self):
        """A person walks: what was found later or earlier says nothing about a picture."""
        request = self.approved()
        first, second = noise(), noise(width=320, height=180)

        def person(x):
            return {"x": x, "y": 0.2, "w": 0.1, "h": 0.5, "score": 0.9, "label": "person"}

        alert = self.made(snapshots=[snapshot(first)], boxes=[person(0.1)])
        later = {"event": "update", "at": NOON + timedelta(seconds=40)}
        moved = snapshot(second, at=NOON + timedelta(seconds=30))
        self.ingest(
            self.report(alert.uid, 2, snapshots=[moved], boxes=[person(0.4)], **later),
            self.report(alert.uid, 3, boxes=[person(0.8)], **later),
        )
        offered = request.footage_pictures()
        self.assertEqual([[box["x"] for box in each["boxes"]] for each in offered], [[0.1], [0.4]])
        for place, middle, original in ((0, 0.15, first), (1, 0.45, second)):
            request.footage_export(offered[place]["id"])
            before = decode(original)
            after = decode(request.sudo().file_ids.sorted("id")[place]._content())
            height, width = before.shape[:2]
            change = abs(after - before)[int(height * 0.24) : int(height * 0.28)].mean(axis=(0, 2))
            covered = change[int(width * (middle - 0.02)) : int(width * (middle + 0.02))]
            self.assertGreater(covered.mean(), 25)
            self.assertLess(change[int(width * 0.83) : int(width * 0.87)].mean(), 20)
        shown = alert.with_user(self.operator).desk_pictures()["pictures"]
        self.assertEqual([[box["x"] for box in each["boxes"]] for each in shown], [[0.1], [0.4]])

    def test_of_several_pictures_in_one_report_nobody_knows_whose_the_boxes_are(self):
        pictures = [snapshot(noise()), snapshot(noise(320, 180), at=NOON + timedelta(seconds=1))]
        alert = self.made(snapshots=pictures)
        self.assertEqual([picture.boxes for picture in alert.snapshot_ids], [[], []])

    def test_export_gives_nothing_that_was_not_asked_for(self):
        request = self.approved()
        late = self.made(snapshots=[snapshot(noise(), at=NOON + timedelta(hours=5))])
        elsewhere = self.made(camera=self.far, snapshots=[snapshot(noise())])
        for picture in (late.snapshot_ids, elsewhere.snapshot_ids):
            with self.assertRaises(UserError):
                request.footage_export(picture.id)
        inside = self.made(snapshots=[snapshot(noise())]).snapshot_ids
        draft = self.request()
        for call in (
            lambda: draft.footage_export(inside.id),
            draft.footage_pictures,
            lambda: request.footage_export(inside.id, rectangles=[{"x": 0}]),
            lambda: request.footage_export(inside.id, rectangles=["nonsense"]),
        ):
            with self.assertRaises(UserError):
                call()
        for user in (self.approver, self.cadre, self.south_cadre):
            with self.subTest(user.login), self.assertRaises(AccessError):
                request.with_user(user).footage_export(inside.id)
        self.assertFalse(request.sudo().file_ids)

    def test_papers_before_and_files_after_the_approval(self):
        request = self.request()
        paper = base64.b64encode(noise()).decode()
        request.footage_add_file(paper, "介绍信.jpg")
        with self.assertRaises(UserError):
            request.footage_add_file(paper, "导出.jpg", export=True)
        with self.assertRaises(UserError):
            request.footage_add_file("***", "x.jpg")
        request.action_submit()
        request.with_user(self.approver).action_approve()
        files = request.footage_add_file(paper, "导出.jpg", export=True)
        self.assertEqual([file["export"] for file in files], [False, True])
        self.assertTrue(all(len(file["sha256"]) == 64 for file in files))

    def test_the_register_sheet_names_reason_content_unit_name_and_hash(self):
        request = self.approved()
        request.footage_add_file(base64.b64encode(noise()).decode(), "导出.jpg", export=True)
        request.action_hand_out("警官乙", "测试派出所")
        html, _kind = self.env["ir.actions.report"].with_user(self.operator)._render_qweb_html(
            "yst_video.footage_register", request.ids
        )
        text = html.decode()
        for word in (request.number, "调查一起盗窃案", "北门路口的行人", "测试派出所", "警官乙",
                     self.camera.gb_code, request.file_list[0]["sha256"], "v.approver"):
            self.assertIn(word, text)


@tagged("post_install", "-at_install")
class TestFootageRoute(FootageData, ApiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for user in (cls.operator, cls.approver, cls.south_approver, cls.cadre, cls.both):
            user.password = user.login

    def test_files_leave_by_the_route_that_writes_it_down_and_by_no_other(self):
        request = self.approved()
        request.footage_add_file(base64.b64encode(noise()).decode(), "导出.jpg", export=True)
        evidence = request.sudo().file_ids
        data = evidence._content()
        expected = {
            self.operator: 200, self.approver: 200, self.south_approver: 404, self.cadre: 404,
        }
        # a plain cadre of the area has no rights on requests at all
        for user, status in expected.items():
            with self.subTest(user.login), mute_logger("odoo.http"):
                self.authenticate(user.login, user.login)
                answer = self.url_open(f"/yst/video/footage/{evidence.id}")
                self.assertEqual(answer.status_code, status)
                self.assertEqual(answer.content == data, status == 200)
                lines = self.env["yst.video.view.log"].search(
                    [("user_id", "=", user.id), ("what", "=", "footage")]
                )
                self.assertEqual(len(lines), int(status == 200))
                for path in (
                    f"/yst/evidence/{evidence.id}",
                    f"/yst/evidence/{evidence.id}/thumb",
                    f"/web/content/yst.evidence/{evidence.id}/content",
                    f"/web/image/yst.evidence/{evidence.id}/content",
                ):
                    self.assertNotIn(data, self.url_open(path).content, path)
                with self.assertRaises(AccessError):
                    evidence.with_user(user).read(["content"])

    def test_pictures_chosen_for_a_request_are_looked_at_on_its_account(self):
        alert = self.made(snapshots=[snapshot(noise())])
        far = self.made(camera=self.far, snapshots=[snapshot(noise())])
        waiting = self.request()
        waiting.action_submit()
        approved = self.approved()
        looked = {  # purpose and words of the look, by picture and request
            (alert, approved.id): ("footage", approved.number),
            (alert, waiting.id): ("alert", False),  # nothing is chosen for it yet
            (far, approved.id): ("alert", False),  # not what it asks for
            (alert, 0): ("alert", False),
            (alert, "x"): ("alert", False),
        }
        self.authenticate(self.operator.login, self.operator.login)
        log = self.env["yst.video.view.log"]
        for (record, footage), expected in looked.items():
            with self.subTest(footage=footage, camera=record.camera_id.name):
                picture = record.snapshot_ids
                lines = log.search([])
                path = f"/yst/video/snapshot/{picture.id}?footage={footage}&size=160"
                self.assertEqual(self.url_open(path).status_code, 200)
                found = log.search([]) - lines
                if found:  # the same look for the same purpose is one line
                    self.assertEqual((found.purpose, found.note), expected)
                last = log.search([("res_id", "=", picture.id), ("purpose", "=", expected[0])])
                self.assertEqual(len(last), 1)
        # a request opens no picture that its reader may not see
        self.authenticate(self.cadre.login, self.cadre.login)
        path = f"/yst/video/snapshot/{far.snapshot_ids.id}?footage={approved.id}"
        self.assertEqual(self.url_open(path).status_code, 404)
