import base64
import copy
import io

import psycopg2
from PIL import Image

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.yst_base import reference_data

from .. import catalogue


def picture():
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "white").save(out, "PNG")
    return base64.b64encode(out.getvalue())


@tagged("post_install", "-at_install")
class TestCatalogueRules(TransactionCase):
    """Pure functions of `catalogue`."""

    def setUp(self):
        super().setUp()
        self.data = reference_data.load("services.yaml")

    def test_the_reference_catalogue_has_no_fault(self):
        self.assertEqual(catalogue.check(self.data), [])

    def test_every_fault_is_told(self):
        def change(key, value, of="items"):
            data = copy.deepcopy(self.data)
            data[of][0][key] = value
            return data

        material = {"name_zh": "表", "form": "scroll", "copies": 1, "required": True,
                    "template": False}
        cases = [
            ({}, "no list of items"),
            ({"items": "63"}, "no list of items"),
            (change("code", "SB-02"), "stands twice"),
            (change("code", "XX-01"), "does not fit category SB"),
            (change("code", "SB-1"), "does not fit category SB"),
            (change("category", "教育"), "unknown category 教育"),
            (change("online", "maybe"), "not one of"),
            (change("promised_limit_days", 99), "promised limit"),
            (change("promised_limit_days", 0), "promised limit"),
            (change("legal_limit_days", "10"), "legal_limit_days is missing or not a int"),
            (change("visits", True), "visits is missing or not a int"),
            (change("visits", -1), "visits is negative"),
            (change("steps_zh", "一步"), "steps_zh is missing or not a list"),
            (change("synonyms_zh", [1]), "synonyms_zh is not a list of texts"),
            (change("name_zh", None), "name_zh is missing"),
            (change("materials", [material]), "form is scroll"),
            (change("materials", [dict(material, form="copy", copies=-1)]), "copies is negative"),
            (change("materials", ["表"]), "is not a mapping"),
            (change("code", "sb", of="categories"), "two capitals"),
            (change("code", "MZ", of="categories"), "stands twice"),
        ]
        for data, fault in cases:
            with self.subTest(fault=fault):
                self.assertIn(fault, "\n".join(catalogue.check(data)))

    def test_a_form_layout_becomes_sections_in_order(self):
        sections = catalogue.form_sections(
            "无标题说明。\n# 基本\n姓名：\n类型：□ 甲　□ 乙\n承诺，下列各项：\n"
            "| 姓名 | 关系 | 3 |\n| 意见 |\n# 空\n"
        )
        self.assertEqual([section.title for section in sections], ["", "基本", "空"])
        self.assertEqual(sections[0].blocks, [("text", ["无标题说明。"])])
        self.assertEqual(
            sections[1].blocks,
            [
                ("rows", [("姓名", ""), ("类型", "□ 甲　□ 乙")]),
                ("text", ["承诺，下列各项："]),
                ("grid", ["姓名", "关系"], 3),
                ("grid", ["意见"], 4),
            ],
        )
        self.assertEqual(sections[2].blocks, [])

    def test_a_form_layout_keeps_the_room_to_write(self):
        [section] = catalogue.form_sections("金额：　　　　元")
        self.assertEqual(section.blocks[0][1], [("金额", "　　　　元")])

    def test_a_form_table_is_bounded(self):
        [section] = catalogue.form_sections("| 列 | 99999 |")
        self.assertEqual(section.blocks, [("grid", ["列"], catalogue.MAX_GRID_ROWS)])

    def test_changes_tell_what_came_went_and_differs(self):
        before = {"费用": "不收费", "材料：甲": "原件", "步骤": "一"}
        after = {"费用": "10元", "材料：乙": "复印件", "步骤": "一"}
        self.assertEqual(
            catalogue.changes(before, after),
            [("费用", "不收费", "10元"), ("材料：乙", "", "复印件"), ("材料：甲", "原件", "")],
        )


@tagged("post_install", "-at_install")
class TestCatalogue(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.items = cls.env["yst.service.item"]
        cls.data = reference_data.load("services.yaml")
        cls.item = cls.items.search([("code", "=", "JZ-01")])
        cls.first = cls.item.version_ids.filtered(lambda version: version.number == 1)
        cls.manager = new_test_user(
            cls.env, "catalogue_manager", "yst_service.group_service_manager"
        )

    def _draft(self):
        self.item.action_new_version()
        return self.item.draft_version_id

    # Loading

    def test_installation_brings_63_items_in_4_categories(self):
        codes = [entry["code"] for entry in self.data["items"]]
        items = self.items.search([("code", "in", codes)])
        self.assertEqual(len(items), 63)
        self.assertEqual(set(items.mapped("published")), {True})
        counts = dict(
            self.items._read_group([("id", "in", items.ids)], ["category_id"], ["__count"])
        )
        found = {category.code: (category.name, count) for category, count in counts.items()}
        self.assertEqual(
            found,
            {
                "SB": ("劳动保障", 16),
                "MZ": ("民政事务", 17),
                "JZ": ("社会救助", 14),
                "WJ": ("卫生计生", 16),
            },
        )

    def test_items_say_what_the_reference_data_says(self):
        for entry in self.data["items"]:
            with self.subTest(code=entry["code"]):
                item = self.items.search([("code", "=", entry["code"])])
                version = item.version_ids.filtered(lambda one: one.number == 1)
                said = {
                    "name_zh": version.name,
                    "category": item.category_id.name,
                    "audience_zh": version.audience,
                    "conditions_zh": version.conditions.splitlines(),
                    "steps_zh": version.steps.splitlines(),
                    "legal_limit_days": version.legal_limit,
                    "promised_limit_days": version.promised_limit,
                    "result_zh": version.result,
                    "fee_zh": version.fee,
                    "online": version.online,
                    "visits": version.visits,
                    "home_visit": version.home_visit,
                    "synonyms_zh": item.synonyms.splitlines(),
                    "legal_basis_zh": version.legal_basis or None,
                }
                self.assertEqual(said, {key: entry.get(key) for key in said})
                self.assertEqual(set(item.life_event_ids.mapped("name")), set(entry["life_events"]))
                self.assertEqual(version.limit_unit, "workday")
                self.assertTrue(version.sample)
                self.assertEqual(
                    [
                        (one.name, one.form, one.copies, one.required, one.template, one.note)
                        for one in version.material_ids
                    ],
                    [
                        (one["name_zh"], one["form"], one["copies"], one["required"],
                         one["template"], one.get("note_zh") or False)
                        for one in entry["materials"]
                    ],
                )

    def test_every_blank_form_asks_for_what_its_item_needs(self):
        materials = self.env["yst.service.material"].search([("template", "=", True)])
        self.assertGreaterEqual(len(materials), 67)
        for material in materials:
            with self.subTest(material=material.name):
                blocks = [b for section in material._form_sections() for b in section.blocks]
                self.assertGreaterEqual(sum(len(block[1]) for block in blocks), 4)

    def test_loading_again_changes_nothing(self):
        def state():
            self.env.flush_all()
            tables = ("item", "item_version", "material", "category")
            for table in tables:
                self.env.cr.execute(
                    f"SELECT count(*), max(write_date), max(id) FROM yst_service_{table}"
                )
                yield self.env.cr.fetchone()

        before = list(state())
        self.item.synonyms = "办公室自己的叫法"
        self.assertFalse(self.items._load_reference_catalogue())
        self.assertEqual([row[::2] for row in state()], [row[::2] for row in before])
        self.assertEqual(self.item.synonyms, "办公室自己的叫法")

    def test_an_item_taken_away_by_the_office_does_not_come_back(self):
        self.item.active = False
        self.assertFalse(self.items._load_catalogue(self.data))
        self.assertFalse(self.item.active)

    def test_loading_adds_only_what_is_new(self):
        entry = dict(self.data["items"][0], code="SB-99", name_zh="新的事项")
        added = self.items._load_catalogue(dict(self.data, items=[*self.data["items"], entry]))
        self.assertEqual(added.mapped("code"), ["SB-99"])
        self.assertTrue(added.published)
        self.assertEqual(added.name, "新的事项")

    def test_a_faulty_catalogue_is_refused_whole(self):
        good = dict(self.data["items"][0], code="SB-98")
        bad = dict(self.data["items"][0], code="SB-97", online="maybe")
        with self.assertRaisesRegex(ValidationError, "SB-97"):
            self.items._load_catalogue(dict(self.data, items=[good, bad]))
        self.assertFalse(self.items.search([("code", "in", ("SB-97", "SB-98"))]))

    # Versions

    def test_a_published_version_cannot_be_changed(self):
        material = self.first.material_ids[0]
        foreign = self.items.search([("code", "=", "JZ-02")]).current_version_id.material_ids[0]
        attempts = [
            lambda: self.first.write({"name": "别的"}),
            lambda: self.first.write({"promised_limit": 1}),
            lambda: self.first.write({"material_ids": [(5, 0, 0)]}),
            lambda: self.first.write({"material_ids": [(2, material.id)]}),
            lambda: self.first.write({"material_ids": [(3, material.id)]}),
            lambda: self.first.write({"material_ids": [(4, foreign.id)]}),
            lambda: self.first.write({"material_ids": [(6, 0, foreign.ids)]}),
            lambda: self.first.write({"material_ids": [(1, material.id, {"note": "加"})]}),
            lambda: self.first.write({"material_ids": [(0, 0, {"name": "加", "form": "copy"})]}),
            lambda: self.first.write({"published_at": False}),
            lambda: self.first.write({"item_id": self.items.search([], limit=1).id}),
            lambda: self.first.write({"state": "draft"}),
            lambda: self.first.write({"state": "draft", "name": "别的"}),
            self.first.unlink,
            lambda: material.write({"name": "别的"}),
            lambda: material.write({"required": False, "sample_image": picture()}),
            material.unlink,
            lambda: material.copy({"version_id": self.first.id}),
            lambda: material.create({"version_id": self.first.id, "name": "多要一份"}),
            lambda: material.write({"version_id": self._draft().id}),
            self.first.action_publish,
        ]
        before = self.first._content()
        for number, attempt in enumerate(attempts):
            with self.subTest(number), self.assertRaises(UserError), self.cr.savepoint():
                attempt()
        self.env.invalidate_all()
        self.assertEqual(self.first._content(), before)

    def test_the_state_cannot_be_forged(self):
        versions = self.env["yst.service.item.version"].with_user(self.manager)
        values = {"item_id": self.item.id, "name": "偷跑", "state": "published"}
        with self.assertRaises(UserError):
            versions.create(values)
        draft = versions.create(dict(values, state="draft"))
        with self.assertRaises(UserError):
            draft.with_context(_yst_state_token=True).write({"state": "published"})
        other = self.items.search([("code", "=", "JZ-02")])
        sly = versions.with_context(default_state="published")
        self.assertEqual(sly.create({"item_id": other.id, "name": "偷跑"}).state, "draft")

    def test_a_sample_picture_may_come_later(self):
        material = self.first.material_ids[0].with_user(self.manager)
        self.assertFalse(material.has_sample_image)
        values = {"sample_image": picture()}
        material.version_id.write({"material_ids": [(1, material.id, values)]})
        material.invalidate_recordset()
        self.assertTrue(material.has_sample_image)

    def test_a_new_version_copies_the_published_one(self):
        draft = self._draft()
        self.assertEqual(draft.state, "draft")
        self.assertEqual(draft.number, self.item.current_version_id.number + 1)
        self.assertEqual(draft._content(), self.item.current_version_id._content())
        self.assertEqual(
            draft.material_ids.mapped("form_layout"), self.first.material_ids.mapped("form_layout")
        )
        self.assertFalse(draft.sample)
        self.assertEqual(self.item.action_new_version()["res_id"], draft.id)

    def test_only_one_draft_at_a_time(self):
        self._draft()
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.IntegrityError):
            self.env["yst.service.item.version"].create({"item_id": self.item.id, "name": "二"})
            self.env.flush_all()

    def test_publishing_retires_the_former_version(self):
        draft = self._draft().with_user(self.manager)
        draft.name = "最低生活保障申请（新）"
        draft.material_ids[-1].unlink()
        draft.action_publish()
        self.assertEqual(draft.state, "published")
        self.assertEqual(draft.published_by_id, self.manager)
        self.assertEqual(self.first.state, "retired")
        self.assertTrue(self.first.retired_at)
        self.assertEqual(self.item.current_version_id, draft)
        self.assertFalse(self.item.draft_version_id)
        self.assertEqual(self.item.name, "最低生活保障申请（新）")
        self.assertEqual(len(self.first.material_ids), len(draft.material_ids) + 1)

    def test_an_incomplete_version_is_not_published(self):
        draft = self._draft()
        draft.write({"fee": False, "steps": ""})
        with self.assertRaises(ValidationError) as caught:
            draft.action_publish()
        for name in ("fee", "steps"):
            label = draft._fields[name]._description_string(self.env)
            self.assertIn(label, str(caught.exception))
        self.assertEqual(draft.state, "draft")

    def test_taken_offline_an_item_is_no_longer_public(self):
        self.first.action_retire()
        self.assertFalse(self.item.published)
        self.assertNotIn(self.item, self.items._search_public("低保"))
        with self.assertRaises(UserError):
            self.first.action_retire()

    def test_marking_as_checked_leaves_the_content(self):
        before = self.first._content()
        self.first.with_user(self.manager).action_mark_reviewed()
        self.assertFalse(self.first.sample)
        self.assertEqual(self.first._content(), before)
        clerk = new_test_user(self.env, "catalogue_clerk", "yst_service.group_service_clerk")
        with self.assertRaises(AccessError):
            self.item.current_version_id.with_user(clerk).action_mark_reviewed()

    def test_changes_are_shown_and_escaped(self):
        draft = self._draft()
        draft.write({"fee": "<script>alert(1)</script>", "promised_limit": 5})
        draft.material_ids[0].note = "要原件"
        shown = str(draft.changes_html)
        self.assertIn("&lt;script&gt;", shown)
        self.assertNotIn("<script>", shown)
        self.assertIn(">22<", shown)
        self.assertIn(">5<", shown)
        self.assertIn("要原件", shown)
        self.assertNotIn(self.first.result, shown)

    def test_limits_and_numbers_have_bounds(self):
        draft = self._draft()
        material = draft.material_ids[0]
        for record, values in (
            (draft, {"promised_limit": 31}),
            (draft, {"visits": -1}),
            (material, {"copies": -1}),
        ):
            with (
                self.subTest(values),
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.IntegrityError),
                self.cr.savepoint(),
            ):
                record.write(values)
                record.flush_recordset()

    # Items

    def test_codes_fit_their_category_and_are_unique(self):
        category = self.item.category_id
        wrong = {"SB-88": ValidationError}
        for code in ("JZ-01", "JZ-1", "jz-77", "JZ-1234", *wrong):
            with (
                self.subTest(code),
                mute_logger("odoo.sql_db"),
                self.assertRaises(wrong.get(code, psycopg2.IntegrityError)),
                self.cr.savepoint(),
            ):
                self.items.create({"code": code, "category_id": category.id})
                self.env.flush_all()

    def test_an_item_on_record_cannot_be_deleted(self):
        with self.assertRaises(UserError):
            self.item.unlink()
        fresh = self.items.create({"code": "JZ-90", "category_id": self.item.category_id.id})
        self.env["yst.service.item.version"].create({"item_id": fresh.id, "name": "草稿"})
        self.assertEqual(fresh.name, "草稿")
        fresh.unlink()
        self.assertFalse(fresh.exists())

    def test_own_forms_are_files_that_residents_can_open(self):
        material = self._draft().material_ids[0]
        for raw, fits in (
            (b"%PDF-1.7 ...", True),
            (b"PK\x03\x04 docx", True),
            (b"\xd0\xcf\x11\xe0 doc", True),
            (b"MZ\x90 program", False),
            (b"<html><script>", False),
        ):
            with self.subTest(raw):
                if fits:
                    material.template_file = base64.b64encode(raw)
                    self.assertEqual(material._blank_form()[1], raw)
                else:
                    with self.assertRaises(ValidationError), self.cr.savepoint():
                        material.template_file = base64.b64encode(raw)

    def test_place_and_hours_are_the_offices_unless_the_guide_has_its_own(self):
        params = self.env["ir.config_parameter"]
        params.set_param("yst_service.place", "大厅一楼")
        params.set_param("yst_service.phone_advice", False)
        self.assertEqual(self.first._contact()["place"], "大厅一楼")
        self.assertEqual(self.first._contact()["phone_advice"], "")
        draft = self._draft()
        draft.write({"place": "婚姻登记处", "phone_advice": "12345"})
        self.assertEqual(draft._contact()["place"], "婚姻登记处")
        self.assertEqual(draft._contact()["phone_advice"], "12345")
        self.assertTrue(draft._contact()["hours"])

    # Applications

    def _application(self):
        applicant = self.env["res.partner"].create({"name": "申请人（示例）"})
        return self.env["yst.service.case"]._draft_for(applicant, self.item)

    def test_an_application_keeps_its_version(self):
        case = self._application()
        self.assertEqual(case.version_id, self.first)
        draft = self._draft()
        draft.action_publish()
        self.assertEqual(case.version_id, self.first)
        self.assertEqual(
            case.line_ids.material_id.version_id, self.first,
            "its materials are those of the version it was begun under",
        )
        self.assertEqual((self.first.case_count, draft.case_count), (1, 0))
        with self.assertRaises(UserError):
            self.first.unlink()
        later = self._application()
        self.assertEqual(later.version_id, draft)

    def test_popular_items_are_those_applied_for(self):
        # not the first without applications, so that one tells
        self.item.sequence = 999
        self.env["yst.service.case"].search([]).flush_recordset()
        self.cr.execute("UPDATE yst_service_case SET submitted_at = NULL")
        self.items._cron_popularity()
        first = self.items._popular(4)
        self.assertEqual(len(first.category_id), 4, "with no application, some of each category")
        case = self._application()
        submitted = "UPDATE yst_service_case SET submitted_at = %s WHERE id = %s"
        for days, count in ((1, 1), (364, 1), (366, 0), (None, 0)):
            at = days and fields.Datetime.subtract(fields.Datetime.now(), days=days)
            self.cr.execute(submitted, (at, case.id))
            case.invalidate_recordset()
            self.items._cron_popularity()
            with self.subTest(days=days):
                self.assertEqual(self.item.popularity, count)
                self.assertEqual(self.items._popular(1) == self.item, bool(count))

    # Access

    def test_who_may_do_what(self):
        draft = self._draft()
        records = {
            "item": self.item,
            "version": self.first,
            "material": self.first.material_ids[0],
            "category": self.item.category_id,
            "event": self.item.life_event_ids[0],
        }
        groups = {
            "base.group_public": False,
            "base.group_portal": False,
            "yst_base.group_cadre": False,
            "yst_service.group_service_clerk": False,
            "yst_service.group_service_manager": True,
        }
        for group, edits in groups.items():
            user = new_test_user(self.env, f"catalogue_{group.split('.')[1]}", group)
            for name, record in records.items():
                mine = record.with_user(user)
                with self.subTest(group=group, record=name):
                    self.assertTrue(mine.has_access("read"))
                    for operation in ("write", "create", "unlink"):
                        self.assertEqual(mine.has_access(operation), edits, operation)
            with self.subTest(group=group, record="draft"):
                staff = group not in ("base.group_public", "base.group_portal")
                self.assertEqual(draft.with_user(user).has_access("read"), staff)
                found = draft.with_user(user).search([("id", "=", draft.id)])
                self.assertEqual(bool(found), staff)
