from datetime import timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .order_common import TUESDAY, OrderCase

HOUR = timedelta(hours=1)


@tagged("post_install", "-at_install")
class TestDuty(OrderCase):
    """Who is on duty, and so who is told."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Shift = cls.env["yst.duty.shift"]

    def shift(self, users, area=None, department=None, start=TUESDAY, hours=8):
        return self.Shift.create({
            "area_id": area and area.id, "department_id": department and department.id,
            "start": start, "stop": start + hours * HOUR,
            "user_ids": [Command.set(users.ids)],
        })

    def on_duty(self, *areas, at=TUESDAY):
        return self.Shift._on_duty(self.Shift.area_id.union(*areas), at)

    def test_own_shift_first_then_own_cadres_then_the_nearest_above(self):
        both = self.cadre | self.colleague
        self.assertEqual(self.on_duty(self.grid)[self.grid.id], both, "the community's cadres")
        self.shift(self.desk, self.subdistrict)
        self.assertEqual(self.on_duty(self.north)[self.north.id], both, "not the street's shift")
        self.assertEqual(self.on_duty(self.grid)[self.grid.id], both)
        self.shift(self.colleague, self.north)
        self.assertEqual(self.on_duty(self.grid)[self.grid.id], self.colleague)
        self.shift(self.leader, self.grid)
        found = self.on_duty(self.grid, self.north, self.south, self.subdistrict)
        self.assertEqual(found, {
            self.grid.id: self.leader, self.north.id: self.colleague,
            self.south.id: self.other | self.other_desk | self.officer,
            self.subdistrict.id: self.desk,
        })

    def test_an_area_without_people_is_answered_by_the_shift_above(self):
        empty = self.env["yst.area"].create({
            "name": "空社区", "code": "997999001003", "kind": "community",
            "parent_id": self.subdistrict.id,
        })
        self.shift(self.desk, self.subdistrict)
        self.assertEqual(self.on_duty(empty)[empty.id], self.desk)
        self.other.jurisdiction_ids = [Command.set(empty.ids)]
        self.assertEqual(self.on_duty(empty)[empty.id], self.other)

    def test_cadres_are_told_although_the_street_has_a_shift(self):
        self.shift(self.desk2, self.subdistrict, start=self.env.cr.now() - HOUR)
        self.dispatched()
        self.assertEqual([bool(self.inbox(user)) for user in (
            self.cadre, self.colleague, self.desk2)], [True, True, False])

    def test_a_shift_holds_from_its_start_until_its_stop(self):
        self.shift(self.colleague, self.north)
        for at, users in (
            (TUESDAY - HOUR, self.cadre | self.colleague), (TUESDAY, self.colleague),
            (TUESDAY + 7.9 * HOUR, self.colleague), (TUESDAY + 8 * HOUR,
                                                     self.cadre | self.colleague),
        ):
            with self.subTest(at):
                self.assertEqual(self.on_duty(self.north, at=at)[self.north.id], users)

    def test_overlapping_shifts_add_up(self):
        self.shift(self.cadre, self.north)
        self.shift(self.colleague, self.north, start=TUESDAY - HOUR)
        self.assertEqual(self.on_duty(self.north)[self.north.id], self.cadre | self.colleague)

    def test_left_accounts_are_not_on_duty(self):
        self.shift(self.colleague, self.north)
        self.colleague.active = False
        self.assertEqual(self.on_duty(self.north)[self.north.id], self.cadre)

    def test_nobody_where_nobody_is(self):
        far = self.env["yst.area"].create(
            {"name": "空街道", "code": "996999001000", "kind": "subdistrict"}
        )
        self.assertFalse(self.on_duty(far)[far.id])
        order = self.env["yst.order"]._dispatch_batch(
            [(None, {"name": "x", "area_id": far.id, "category_id": self.dispute.id})]
        )
        self.assertEqual(order.state, "dispatched")

    def test_a_department_has_its_own_duty(self):
        found = self.Shift._on_duty_departments(self.department, TUESDAY)
        self.assertEqual(found, {self.department.id: self.officer})
        self.shift(self.leader, department=self.department)
        found = self.Shift._on_duty_departments(self.department, TUESDAY)
        self.assertEqual(found, {self.department.id: self.leader})
        self.assertEqual(self.Shift._on_duty_departments(self.department.browse()), {})

    def test_whom_an_order_reaches(self):
        now = self.env.cr.now()
        self.shift(self.colleague, self.north, start=now - HOUR)
        self.shift(self.desk2, self.subdistrict, start=now - HOUR)
        self.dispatched()
        self.assertEqual([bool(self.inbox(user)) for user in (
            self.colleague, self.cadre, self.desk2, self.desk)], [True, False, False, False])
        told = {channel[-1] for channel, _payload in self.bus()}
        self.assertEqual(told, set((self.colleague | self.desk | self.desk2).partner_id.ids))

    def test_what_a_program_dispatched_is_answered_to_the_desk(self):
        """Nobody would read the inbox of the program."""
        def returned():
            order = self.env["yst.order"]._dispatch_batch(
                [(None, {"name": "x", "area_id": self.grid.id, "category_id": self.dispute.id})]
            )
            self.as_user(self.cadre, order).action_return("不是")

        people = self.desk | self.desk2 | self.manager
        returned()
        self.assertEqual([len(self.inbox(user)) for user in people], [1, 1, 1])
        self.shift(self.desk2 | self.leader, self.subdistrict, start=self.env.cr.now() - HOUR)
        self.shift(self.cadre, self.north, start=self.env.cr.now() - HOUR)
        returned()
        self.assertEqual([len(self.inbox(user)) for user in people], [1, 2, 1])
        self.assertFalse(self.inbox(self.leader), "no dispatcher")

    def test_an_order_for_a_department_reaches_its_people(self):
        self.dispatched(department_id=self.department.id)
        self.assertTrue(self.inbox(self.officer))
        self.assertFalse(self.inbox(self.cadre))

    def test_what_is_no_shift(self):
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.shift(self.cadre, self.north, hours=0).flush_recordset()
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.shift(self.cadre).flush_recordset()
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.shift(self.cadre, self.north, self.department).flush_recordset()
        with self.assertRaises(ValidationError):
            self.shift(self.cadre.browse(), self.north)
        with self.assertRaises(ValidationError):
            self.shift(self.cadre, self.north, hours=24 * 40)
        portal = self._user("o.portal2", "base.group_portal")
        with self.assertRaises(ValidationError):
            self.shift(portal, self.north)

    def test_the_name_says_where_and_when(self):
        shift = self.shift(self.cadre, self.north).with_context(tz="Asia/Shanghai")
        self.assertEqual(shift.display_name, "测试北社区 2026-11-24 10:00")
