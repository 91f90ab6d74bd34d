import logging
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event
from unittest.mock import patch

from odoo import api, sql_db
from odoo.exceptions import AccessError, UserError
from odoo.modules.registry import DummyRLock, Registry
from odoo.service.model import call_kw, retrying
from odoo.tests import TransactionCase, new_test_user, tagged

from .sample_models import SampleCase, SampleDoor, add_models


@tagged("post_install", "-at_install")
class TestState(TransactionCase):
    """The state machine: only named actions change a state."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        add_models(cls, SampleCase)
        cls.cases = cls.env["yst.test.case"]
        cls.clerk = new_test_user(cls.env, "state_clerk", "base.group_user")

    def test_record_begins_in_the_first_state(self):
        self.assertEqual(self.cases.create({}).state, "draft")
        self.assertEqual(self.cases.create({"state": "draft"}).state, "draft")

    def test_record_cannot_begin_elsewhere(self):
        with self.assertRaises(UserError):
            self.cases.create([{}, {"state": "done"}])

    def test_default_in_the_context_does_not_count(self):
        self.assertEqual(self.cases.with_context(default_state="done").create({}).state, "draft")

    def test_writing_a_state_is_refused_to_everybody(self):
        case = self.cases.create({})
        for records in (case, case.sudo(), case.with_user(self.clerk)):
            with self.assertRaises(UserError):
                records.write({"state": "open", "note": "x"})
            with self.assertRaises(UserError):
                records.state = "open"
        self.assertEqual(case.state, "draft")
        self.assertFalse(case.note)

    def test_token_cannot_be_sent_from_outside(self):
        """What JSON or XML-RPC can put into a context: strings, numbers, lists, objects."""
        case = self.cases.create({})
        forged = ("<object object>", 1, True, [], {}, {"__class__": "object"}, None)
        for value in forged:
            context = {"_yst_state_token": value, "default_state": "done"}
            with self.subTest(value=value):
                with self.assertRaises(UserError):
                    call_kw(
                        self.cases.with_user(self.clerk),
                        "write",
                        [case.ids, {"state": "done"}],
                        {"context": context},
                    )
                with self.assertRaises(UserError):
                    call_kw(
                        self.cases.with_user(self.clerk),
                        "create",
                        [[{"state": "done"}]],
                        {"context": context},
                    )
        self.assertEqual(case.state, "draft")

    def test_helpers_cannot_be_called_from_outside(self):
        case = self.cases.create({})
        for name, args in (
            ("_transition", ["done", "draft"]),
            ("_with_state_unlocked", []),
            ("_clock_stop", []),
        ):
            with self.assertRaises(AccessError):
                call_kw(self.cases.with_user(self.clerk), name, [case.ids, *args], {})

    def test_transition_writes_state_and_values(self):
        case = self.cases.create({})
        case._transition("open", "draft", {"note": "taken"})
        self.assertEqual((case.state, case.note), ("open", "taken"))
        case._transition("done", {"draft", "open"})
        self.assertEqual(case.state, "done")

    def test_transition_from_another_state_is_refused_with_its_name(self):
        case = self.cases.create({"name": "A case"})
        with self.assertRaisesRegex(UserError, "“A case” is now “Draft”"):
            case._transition("done", "open")
        self.assertEqual(case.state, "draft")

    def test_transition_of_many_is_all_or_nothing(self):
        cases = self.cases.create([{}, {}])
        cases[0]._transition("open", "draft")
        with self.assertRaises(UserError):
            cases._transition("done", "draft")
        self.assertEqual(cases.mapped("state"), ["open", "draft"])

    def test_transition_of_deleted_record_is_refused(self):
        case = self.cases.create({})
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM yst_test_case WHERE id = %s", case.ids)
        with self.assertRaises(UserError):
            case._transition("open", "draft")

    def test_transition_needs_the_right_to_write(self):
        case = self.cases.create({})
        self.env["ir.model.access"].search([("name", "=", "yst.test.case")]).perm_write = False
        with self.assertRaises(AccessError):
            case.with_user(self.clerk)._transition("open", "draft")

    def test_transition_leaves_one_line(self):
        cases = self.cases.create([{}, {}])
        before = len(cases.message_ids)
        cases._transition("open", "draft")
        cases[0]._transition("done", "open", message="Given <b>out</b>")
        self.assertEqual(len(cases.message_ids) - before, 3)
        self.assertIn("Draft → Open", cases[1].message_ids[0].body)
        self.assertIn("&lt;b&gt;out", cases[0].message_ids[0].body)

    def test_transition_closes_the_door_behind_it(self):
        case = self.cases.create({})
        case._transition("open", "draft")
        with self.assertRaises(UserError):
            case.write({"state": "done"})
        unlocked = case._with_state_unlocked()
        unlocked.write({"state": "done"})
        self.assertEqual(case.state, "done")

    def test_copy_begins_in_the_first_state(self):
        case = self.cases.create({})
        case._transition("open", "draft")
        self.assertEqual(case.copy().state, "draft")
        self.assertEqual(case.copy({"state": "done"}).state, "draft")

    def test_cost_does_not_grow_with_the_records(self):
        counts = []
        for size in (1, 20):
            cases = self.cases.create([{} for _n in range(size)])
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            cases._transition("open", "draft")
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 1, counts)


@tagged("post_install", "-at_install")
class TestStateConcurrent(TransactionCase):
    """Two presses at once, in transactions and threads of their own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        add_models(cls, SampleDoor)
        cls.db = sql_db.db_connect(cls.env.cr.dbname)

    def setUp(self):
        super().setUp()
        # the test runner holds this lock, and would wait for threads that wait for it
        self.patch(Registry, "_lock", DummyRLock())
        # serialization failures are meant here
        self.startPatcher(patch.object(logging.getLogger("odoo.sql_db"), "disabled", True))
        # a real table, which the other connections can see
        with self.db.cursor() as cr:
            cr.execute("CREATE TABLE yst_sample_door (id serial PRIMARY KEY, state varchar)")
            cr.execute("INSERT INTO yst_sample_door (state) VALUES ('shut'), ('shut')")
        self.addCleanup(self._drop)

    def _drop(self):
        with self.db.cursor() as cr:
            cr.execute("DROP TABLE yst_sample_door")

    def _env(self, cr):
        return api.Environment(cr, api.SUPERUSER_ID, {})

    def _press(self, ids, to, ready=None, go=None):
        """As the server does it: on a serialization failure the request runs again."""
        with self.db.cursor() as cr:
            env = self._env(cr)
            cr.execute("SELECT 1")
            if ready:
                ready.set()
                go.wait(10)
            try:
                retrying(lambda: env["yst.test.door"].browse(ids)._transition(to, "shut"), env)
            except UserError:
                cr.rollback()
                return "refused"
            return "done"

    def test_second_press_waits_and_is_told(self):
        with ThreadPoolExecutor(1) as pool:
            with self.db.cursor() as first:
                self._env(first)["yst.test.door"].browse(1)._transition("open", "shut")
                ready, go = Event(), Event()
                second = pool.submit(self._press, [1], "locked", ready, go)
                ready.wait(10)
                go.set()
                self.assertFalse(second.done(), "it waits for the row")
            self.assertEqual(second.result(30), "refused")
        with self.db.cursor() as cr:
            cr.execute("SELECT state FROM yst_sample_door ORDER BY id")
            self.assertEqual([state for (state,) in cr.fetchall()], ["open", "shut"])

    def test_second_press_goes_on_where_the_first_gave_up(self):
        with ThreadPoolExecutor(1) as pool:
            with self.db.cursor() as first:
                self._env(first)["yst.test.door"].browse(1)._transition("open", "shut")
                second = pool.submit(self._press, [1], "locked")
                first.rollback()
            self.assertEqual(second.result(30), "done")

    def test_many_presses_have_one_winner(self):
        with ThreadPoolExecutor(4) as pool:
            results = list(pool.map(partial(self._press, [1, 2]), ["open", "locked"] * 2))
        self.assertEqual(sorted(results), ["done", "refused", "refused", "refused"])
        with self.db.cursor() as cr:
            cr.execute("SELECT count(DISTINCT state) FROM yst_sample_door")
            self.assertEqual(cr.fetchone()[0], 1)
