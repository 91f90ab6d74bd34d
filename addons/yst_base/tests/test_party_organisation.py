from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .. import reference_data
from .common import BaseCase


@tagged("post_install", "-at_install")
class TestPartyOrganisation(BaseCase):
    """The tree of party organisations."""

    def test_the_sample_has_a_working_committee_and_51_below_it(self):
        Organisation = self.env["yst.party.organisation"]
        self.env["yst.area"]._import_organisation(reference_data.load("organisation.yaml"))
        data = reference_data.load("organisation.yaml")
        found = Organisation._import_organisation(data)
        self.assertEqual(len(found), 52)
        top = found.filtered(lambda one: not one.parent_id)
        self.assertEqual((top.name, top.kind), ("新城街道党工委", "working_committee"))
        self.assertEqual(Organisation.search([("id", "child_of", top.id)]), found)
        self.assertEqual(Organisation._import_organisation(data), found, "again nothing is new")

    def test_what_lies_below_what(self):
        Organisation = self.env["yst.party.organisation"]
        branch = Organisation.create({"name": "支部", "code": "T-1", "kind": "branch"})
        group = Organisation.create(
            {"name": "小组", "code": "T-2", "kind": "group", "parent_id": branch.id}
        )
        for record, values in (
            (branch, {"kind": "group"}),
            (branch, {"parent_id": group.id}),
            (Organisation, {"name": "x", "code": "T-3", "kind": "committee",
                            "parent_id": branch.id}),
        ):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                record.write(values) if record else record.create(values)

    def test_who_belongs_to_it_is_not_everybodys_to_read(self):
        one = self.env["yst.party.organisation"].create(
            {"name": "支部", "code": "T-1", "user_ids": self.users["cadre"].ids}
        )
        self.assertEqual(self.as_role("organisation", one).user_ids, self.users["cadre"])
        with self.assertRaises(AccessError):
            self.as_role("cadre", one).read(["user_ids"])
        self.assertEqual(self.as_role("cadre", one).name, "支部")
