from odoo import Command
from odoo.tests import Form, tagged

from .common import CirculationCase


@tagged("post_install", "-at_install")
class TestQuick(CirculationCase):
    """Recipients in two clicks, liaisons of all areas, party organisations."""

    def form(self, user):
        form = Form(self.env["yst.circulation.item"].with_user(user))
        form.name = "Quick"
        return form

    def test_all_liaisons_with_one_click(self):
        self.south.liaison_ids = self.other
        form = self.form(self.sender)
        form.quick = "liaisons"
        self.assertFalse(form.quick, "free for the next choice")
        form.quick = "liaisons"
        item = form.save()
        mine = item.audience_ids.filtered(lambda line: line.area_id == self.subdistrict)
        self.assertEqual((len(mine), mine.reach), (1, "below_liaison"))
        (item.audience_ids - mine).unlink()
        self.assertEqual({one["name"] for one in item.action_preview()["people"]},
                         {"Liaison", "Other"})

    def test_areas_without_liaison_are_named(self):
        item = self.item(audience_ids=[Command.create(
            {"kind": "area", "area_id": self.subdistrict.id, "reach": "below_liaison"}
        )])
        preview = item.action_preview()
        self.assertEqual(preview["count"], 1)
        self.assertEqual(preview["problems"], ["1 areas have no liaison: South"])
        with self.refused("South"):
            item.action_send()
        item.action_send(accept_problems=True)

    def test_people_departments_and_groups_become_lines(self):
        group = self.env["yst.circulation.group"].with_user(self.sender).create(
            {"name": "G", "user_ids": [Command.set(self.other.ids)]}
        )
        department = self.env["hr.department"].create({"name": "D"})
        form = self.form(self.sender)
        form.quick_user_id = self.cadre
        form.quick_department_id = department
        form.quick_group_id = group
        form.quick_user_id = self.cadre
        item = form.save()
        self.assertEqual(item.audience_ids.mapped("kind"), ["user", "department", "group"])

    def test_a_village_cadre_is_offered_the_own_area(self):
        choices = dict(self.env["yst.circulation.item"].with_user(self.cadre)._quick_choices())
        self.assertEqual(set(choices), {"cadres"})
        form = self.form(self.cadre)
        form.quick = "cadres"
        item = form.save()
        self.assertEqual({one["name"] for one in item.action_preview()["people"]}, {"Liaison"})

    def test_a_party_organisation_with_those_below_it(self):
        organisations = self.env["yst.party.organisation"]
        top = organisations.create({
            "name": "Top", "code": "T-1", "kind": "committee",
            "user_ids": [Command.set(self.other.ids)],
        })
        organisations.create({
            "name": "Branch", "code": "T-2", "kind": "branch", "parent_id": top.id,
            "user_ids": [Command.set((self.cadre | self.liaison).ids)],
        })
        self.liaison.active = False
        line = [Command.create({"kind": "party", "party_id": top.id})]
        preview = self.item(audience_ids=line).action_preview()
        self.assertEqual({one["name"] for one in preview["people"]}, {"Cadre", "Other"})
        preview = self.item(sender=self.cadre, audience_ids=line).action_preview()
        self.assertTrue(preview["blocked"])
        self.assertFalse(preview["people"], "who belongs to it elsewhere is not told")
        self.assertNotIn("Other", preview["problems"][0])
