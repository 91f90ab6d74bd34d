import base64
import copy
import json

import psycopg2
import yaml

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .. import geojson, reference_data
from ..models import res_users
from .common import BaseCase

ORGANISATION = {
    "subdistrict": {
        "code": "998877001000",
        "name_zh": "样例街道",
        "lat": 32.69,
        "lon": 109.03,
        "population": 1000,
        "area_km2": 3.5,
    },
    "areas": [
        {
            "code": "998877001001",
            "name_zh": "样例社区",
            "kind": "community",
            "population": 600,
            "area_km2": 1.25,
            "lat": 32.7,
            "lon": 109.04,
            "grids": 2,
        },
        {"code": "998877001201", "name_zh": "样例村", "kind": "village", "grids": 1},
    ],
}
SQUARE = [[109.0, 32.6], [109.1, 32.6], [109.1, 32.7], [109.0, 32.6]]


@tagged("post_install", "-at_install")
class TestArea(BaseCase):
    def test_names_are_told_from_the_community_down(self):
        self.assertEqual(self.north_grid.complete_name, "测试北社区 / 第1网格")
        self.assertEqual(self.north.display_name, "测试北社区")
        self.north.name = "新名社区"
        self.assertEqual(self.north_grid.display_name, "新名社区 / 第1网格")

    def test_found_by_name_and_by_beginning_of_code(self):
        found = self.Area.name_search("99999900100100")
        self.assertEqual([row[0] for row in found], self.north_grid.ids)
        found = self.Area.search([("display_name", "ilike", "测试北")])
        self.assertEqual(found, self.north)
        self.assertFalse(self.Area.name_search("99999900200"))

    def test_codes_are_checked(self):
        for kind, code in (
            ("community", "99999900100"),
            ("community", "9999990010010"),
            ("community", "99999900100A"),
            ("community", "９９９９９９００１００３"),
            ("grid", "999999001003"),
        ):
            parent = self.north if kind == "grid" else self.subdistrict
            with self.subTest(code=code), self.assertRaises(ValidationError):
                self._area("错", code, kind, parent)

    def test_a_code_occurs_once(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.errors.UniqueViolation):
            self._area("又一个", self.north.code, "community", self.subdistrict)
            self.env.flush_all()

    def test_kinds_lie_where_they_belong(self):
        with self.assertRaises(ValidationError):
            self._area("错", "999999001003001", "grid", self.subdistrict)
        with self.assertRaises(ValidationError):
            self._area("错", "999999001003", "community", self.north)
        with self.assertRaises(ValidationError):
            self._area("错", "999999001003", "community")
        with self.assertRaises(ValidationError):
            self._area("错", "999999002000", "subdistrict", self.subdistrict)
        with self.assertRaises(ValidationError):
            self.north.kind = "grid"

    def test_no_cycles(self):
        with self.assertRaises(UserError):  # ValidationError is one
            self.north.parent_id = self.north_grid

    def test_boundaries_are_checked(self):
        good = {"type": "Polygon", "coordinates": [SQUARE]}
        self.north.boundary = json.dumps(good)
        self.north.boundary = json.dumps({"type": "MultiPolygon", "coordinates": [[SQUARE]]})
        cases = [
            ("{", "json"),
            ("[" * 100_000, "json"),
            ("3", "type"),
            (json.dumps({"type": "Point", "coordinates": [1, 2]}), "type"),
            (json.dumps({"type": "Polygon", "coordinates": []}), "ring"),
            (json.dumps({"type": "Polygon", "coordinates": [SQUARE[:2]]}), "ring"),
            (json.dumps({"type": "Polygon", "coordinates": [[*SQUARE[:3], [1, 1]]]}), "closed"),
            (json.dumps({"type": "Polygon", "coordinates": [[[32.6, 109.0]] * 4]}), "position"),
            (json.dumps({"type": "Polygon", "coordinates": [[["a", 1]] * 4]}), "position"),
            ('{"type": "Polygon", "coordinates": [[[NaN, 1],[1,1],[1,2],[NaN,1]]]}', "position"),
            (json.dumps({"type": "Polygon", "coordinates": [[[1, 1]] * 20_001]}), "size"),
        ]
        for text, code in cases:
            with self.subTest(code=code), self.assertRaises(geojson.GeoJsonError) as caught:
                geojson.check_boundary(text)
            self.assertEqual(caught.exception.code, code)
            with self.assertRaises(ValidationError):
                self.north.boundary = text

    def test_positions_lie_on_earth(self):
        for values in ({"latitude": 91}, {"longitude": -181}, {"population": -1}):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.errors.CheckViolation),
                self.env.cr.savepoint(),
            ):
                self.north.write(values)
                self.env.flush_all()

    def test_an_area_with_users_or_areas_within_is_kept(self):
        for area in (self.subdistrict, self.north):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.errors.ForeignKeyViolation),
                self.env.cr.savepoint(),
            ):
                area.unlink()


@tagged("post_install", "-at_install")
class TestOrganisationImport(BaseCase):
    def _own(self):
        return self.Area.search([("code", "=like", "998877%")])

    def test_import_builds_the_tree_and_again_changes_nothing(self):
        top = self.Area._import_organisation(ORGANISATION)
        areas = self._own()
        self.assertEqual(len(areas), 6)
        self.assertEqual(top.kind, "subdistrict")
        grid = areas.filtered(lambda a: a.code == "998877001001002")
        self.assertEqual((grid.name, grid.parent_id.name), ("第2网格", "样例社区"))
        self.env.flush_all()
        before = areas.mapped("write_date"), areas.ids
        self.env.invalidate_all()
        with self.assertQueryCount(__system__=4):
            self.Area._import_organisation(ORGANISATION)
            self.env.flush_all()
        again = self._own()
        self.assertEqual((again.mapped("write_date"), again.ids), before)

    def test_import_updates_what_changed_and_keeps_the_rest(self):
        self.Area._import_organisation(ORGANISATION)
        data = copy.deepcopy(ORGANISATION)
        data["areas"][0]["name_zh"] = "改名社区"
        data["areas"][0]["grids"] = 3
        del data["areas"][1]
        self.Area._import_organisation(data)
        self.assertEqual(len(self._own()), 7)
        self.assertEqual(self._own().filtered(lambda a: a.code == "998877001001").name, "改名社区")

    def test_a_wrong_file_changes_nothing_and_says_where(self):
        def broken(path, value):
            data = copy.deepcopy(ORGANISATION)
            target = data
            for key in path[:-1]:
                target = target[key]
            target[path[-1]] = value
            return data

        cases = [
            (None, "organisation"),
            ([], "organisation"),
            ({"areas": []}, "subdistrict"),
            (broken(["areas"], None), "areas"),
            (broken(["areas", 1], "x"), "areas[2]"),
            (broken(["areas", 1, "code"], 998877001201), "样例村"),
            (broken(["areas", 1, "code"], "998866001201"), "样例村"),
            (broken(["areas", 1, "code"], "998877001001"), "样例村"),
            (broken(["areas", 1, "kind"], "town"), "样例村"),
            (broken(["areas", 1, "name_zh"], " "), "998877001201"),
            (broken(["areas", 0, "population"], -5), "样例社区"),
            (broken(["areas", 0, "population"], "many"), "样例社区"),
            (broken(["areas", 0, "lat"], float("nan")), "样例社区"),
            (broken(["areas", 0, "grids"], 1000), "样例社区"),
            (broken(["areas", 0, "grids"], True), "样例社区"),
        ]
        for data, where in cases:
            with self.subTest(where=where), self.assertRaises(ValidationError) as caught:
                self.Area._import_organisation(data)
            self.assertIn(where, str(caught.exception))
            self.assertFalse(self._own())

    def test_the_sample_organisation_is_complete(self):
        data = reference_data.load("organisation.yaml")
        top = self.Area._import_organisation(data)
        areas = self.Area.search([("parent_id", "=", top.id)])
        self.assertEqual(len(areas), 27)
        self.assertEqual(sum(area.population for area in areas), data["subdistrict"]["population"])
        self.assertEqual(
            self.Area.search_count([("id", "child_of", top.id), ("kind", "=", "grid")]),
            sum(area["grids"] for area in data["areas"]),
        )

    def test_a_missing_or_broken_data_set_is_named(self):
        with self.assertRaises(reference_data.ReferenceDataError) as caught:
            reference_data.load("nothing.yaml")
        self.assertIn("YST_DATA_DIR", str(caught.exception))
        with self.assertRaises(yaml.YAMLError):
            yaml.safe_load("a: [")


@tagged("post_install", "-at_install")
class TestJurisdiction(BaseCase):
    """The record-rule pattern, on the one model of this addon that has an area."""

    DOMAIN = "user._jurisdiction_domain()"
    EXTRA_QUERIES = 0

    def setUp(self):
        super().setUp()
        self.rule = self.env["ir.rule"].create(
            {
                "name": "test: own areas and below",
                "model_id": self.env.ref("base.model_res_partner").id,
                "groups": [Command.set(self.env.ref("yst_base.group_cadre").ids)],
                "domain_force": self.DOMAIN,
            }
        )
        self.northern = self._resident("北", self.north_grid)
        self.southern = self._resident("南", self.south_grid)
        self.nowhere = self._resident("无")
        self.all = self.northern | self.southern | self.nowhere

    def _seen(self, role):
        partners = self.env["res.partner"].with_user(self.users[role])
        return self.all & partners.search([("id", "in", self.all.ids)]).with_env(self.env)

    def test_own_areas_and_below(self):
        self.assertEqual(self._seen("cadre"), self.northern)
        self.assertEqual(self._seen("leader"), self.northern | self.southern)

    def test_without_jurisdiction_nothing(self):
        self.users["cadre"].jurisdiction_ids = [Command.clear()]
        self.assertFalse(self._seen("cadre"))

    def test_a_change_of_jurisdiction_counts_at_once(self):
        self.assertEqual(self._seen("cadre"), self.northern)
        self.users["cadre"].jurisdiction_ids = [Command.set(self.south.ids)]
        self.assertEqual(self._seen("cadre"), self.southern)

    def test_a_new_or_moved_area_counts_at_once(self):
        self.assertEqual(self._seen("cadre"), self.northern)
        new = self._area("第9网格", "999999001001009", "grid", self.north)
        self.southern.area_id = new
        self.assertEqual(self._seen("cadre"), self.northern | self.southern)
        new.parent_id = self.south
        self.assertEqual(self._seen("cadre"), self.northern)

    def test_an_archived_area_still_protects(self):
        self.north_grid.active = False
        self.assertEqual(self._seen("cadre"), self.northern)
        self.assertEqual(self._seen("leader"), self.northern | self.southern)

    def test_other_areas_are_refused_by_id(self):
        for operation in ("read", "write"):
            with self.assertRaises(AccessError):
                self.as_role("cadre", self.southern).check_access(operation)

    def test_the_rule_costs_no_query_of_its_own(self):
        partners = self.env["res.partner"].with_user(self.users["leader"])

        def cost():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            partners.search_fetch([("id", "in", self.all.ids)], ["name"])
            return self.env.cr.sql_log_count - before

        cost()
        with_rule = cost()
        self.rule.active = False
        cost()
        self.assertLessEqual(with_rule - cost(), self.EXTRA_QUERIES)


@tagged("post_install", "-at_install")
class TestJurisdictionPlain(TestJurisdiction):
    """The same, written out."""

    allow_inherited_tests_method = True

    DOMAIN = "[('area_id', 'child_of', user.jurisdiction_ids.ids)]"
    EXTRA_QUERIES = 1  # the parent paths of the jurisdiction, once in a transaction


@tagged("post_install", "-at_install")
class TestJurisdictionMany(TestJurisdiction):
    """The same, with more areas than are listed."""

    allow_inherited_tests_method = True

    EXTRA_QUERIES = 1

    def setUp(self):
        super().setUp()
        self.patch(res_users, "LISTED_AREAS", 0)
        self.env.registry.clear_cache()


@tagged("post_install", "-at_install")
class TestAreaImport(BaseCase):
    """An organisation file brought in by a person."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls.env["res.users"].create(
            {
                "name": "组织机构管理员",
                "login": "t.area.import",
                "group_ids": [
                    Command.set([cls.env.ref("yst_base.group_organisation_manager").id])
                ],
            }
        )

    def _wizard(self, content):
        return (
            self.env["yst.area.import"]
            .with_user(self.manager)
            .create({"file": base64.b64encode(content), "filename": "organisation.yaml"})
        )

    def test_a_file_is_imported_once_and_again_without_doubles(self):
        content = yaml.safe_dump(ORGANISATION, allow_unicode=True).encode()
        for _time in range(2):
            self.assertEqual(self._wizard(content).action_import()["params"]["type"], "success")
        areas = self.Area.search([("code", "=like", "998877001%")])
        self.assertEqual(len(areas), 6)

    def test_what_is_no_organisation_file_is_refused_and_changes_nothing(self):
        count = self.Area.search_count([])
        for content in (b"a: [", b"\xff\xfe\x00", b"- 1", b"subdistrict: {}", b"x" * 1100000):
            with self.subTest(content[:10]), self.assertRaises(UserError):
                self._wizard(content).action_import()
        with self.assertRaises(UserError):
            self.env["yst.area.import"].with_user(self.manager).create({}).action_import()
        self.assertEqual(self.Area.search_count([]), count)

    def test_a_file_that_is_being_imported_is_nobody_elses(self):
        wizard = self._wizard(b"subdistrict: {}")
        other = self.manager.copy({"login": "t.area.other"})
        self.assertFalse(self.env["yst.area.import"].with_user(other).search([]) & wizard)
        theirs = wizard.with_user(other)
        for step in (
            lambda: theirs.read(["filename"]),
            lambda: theirs.file,
            lambda: theirs.write({"filename": "x"}),
            theirs.action_import,
            theirs.unlink,
        ):
            self.env.invalidate_all()
            with mute_logger("odoo.models", "odoo.addons.base.models.ir_rule"):
                self.assertRaises(AccessError, step)
        self.assertEqual(wizard.filename, "organisation.yaml")

    def test_cadres_do_not_import(self):
        cadre = self.manager.copy({"login": "t.area.cadre"})
        cadre.group_ids = [Command.set([self.env.ref("yst_base.group_cadre").id])]
        with self.assertRaises(AccessError):
            self.env["yst.area.import"].with_user(cadre).create({})
