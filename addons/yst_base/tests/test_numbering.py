from concurrent.futures import ThreadPoolExecutor

from odoo import api, sql_db
from odoo.exceptions import AccessError, UserError
from odoo.modules.registry import DummyRLock, Registry
from odoo.tests import BaseCase, TransactionCase, tagged

from ..numbering import format_case

THREADS, EACH = 8, 25


@tagged("post_install", "-at_install")
class TestNumbering(BaseCase):
    """How numbers look."""

    def test_number_has_prefix_year_and_six_digits(self):
        self.assertEqual(format_case("BJ", 2026, 1), "BJ2026000001")
        self.assertEqual(format_case("BJ", 2026, 999_999), "BJ2026999999")

    def test_number_beyond_six_digits_does_not_repeat(self):
        self.assertEqual(format_case("BJ", 2026, 1_000_000), "BJ20261000000")

    def test_what_is_no_number_is_refused(self):
        for prefix, year, number in (
            ("BJ", 2026, 0),
            ("BJ", 2026, -1),
            ("BJ", 26, 1),
            ("BJ", 20261, 1),
            ("", 2026, 1),
            ("B1", 2026, 1),
            ("办件", 2026, 1),
        ):
            with self.subTest(prefix=prefix, year=year), self.assertRaises(ValueError):
                format_case(prefix, year, number)


@tagged("post_install", "-at_install")
class TestNumber(TransactionCase):
    """Which number comes next, in one transaction."""

    def test_series_start_at_one_and_run_apart(self):
        numbers = self.env["yst.number"]
        self.assertEqual([numbers._next("test.a", 2026) for _n in range(3)], [1, 2, 3])
        self.assertEqual(numbers._next("test.b", 2026), 1)
        self.assertEqual(numbers._next("test.a", "2026"), 4)

    def test_year_turn_starts_again_at_one(self):
        numbers = self.env["yst.number"]
        numbers._next_batch("test.a", 2026, 7)
        self.assertEqual(numbers._next("test.a", 2027), 1)
        self.assertEqual(numbers._next("test.a", 2026), 8, "the old year goes on where it was")

    def test_batch_is_in_a_row(self):
        numbers = self.env["yst.number"]
        numbers._next("test.a", 2026)
        self.assertEqual(numbers._next_batch("test.a", 2026, 4), [2, 3, 4, 5])
        self.assertEqual(numbers._next("test.a", 2026), 6)

    def test_batch_costs_as_much_as_one(self):
        numbers = self.env["yst.number"]
        for count in (1, 200):
            with self.assertQueryCount(4):  # look, savepoint, insert, release
                numbers._next_batch("test.a", 2026, count)

    def test_series_without_name_is_refused(self):
        for code, period, count in (("", 2026, 1), ("test.a", "", 1), ("test.a", 2026, 0)):
            with self.assertRaises(ValueError):
                self.env["yst.number"]._next_batch(code, period, count)

    def test_savepoint_rolled_back_leaves_no_gap(self):
        numbers = self.env["yst.number"]
        numbers._next("test.a", 2026)
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            numbers._next("test.a", 2026)
            raise ZeroDivisionError
        self.assertEqual(numbers._next("test.a", 2026), 2)

    def test_given_number_is_not_deleted_and_nobody_writes_one(self):
        self.env["yst.number"]._next("test.a", 2026)
        row = self.env["yst.number"].search([("code", "=", "test.a")])
        with self.assertRaises(UserError):
            row.unlink()
        clerk = self.env.ref("base.user_admin")
        with self.assertRaises(AccessError):
            self.env["yst.number"].with_user(clerk).create(
                {"code": "test.a", "period": "2026", "value": 99}
            )


@tagged("post_install", "-at_install")
class TestNumberConcurrent(TransactionCase):
    """Which number comes next, between real transactions on connections of their own."""

    CODE = "test.concurrent"

    def setUp(self):
        super().setUp()
        # the test runner holds this lock, and would wait for threads that wait for it
        self.patch(Registry, "_lock", DummyRLock())
        self.db = sql_db.db_connect(self.env.cr.dbname)
        self.addCleanup(self._forget)

    def _forget(self):
        with self.db.cursor() as cr:
            cr.execute("DELETE FROM yst_number WHERE code = %s", [self.CODE])

    def _take(self, cr, period=2026):
        env = api.Environment(cr, api.SUPERUSER_ID, {})
        return env["yst.number"]._next(self.CODE, period)

    def _in_threads(self, work):
        with ThreadPoolExecutor(THREADS) as pool:
            return [number for part in pool.map(work, range(THREADS)) for number in part]

    def test_threads_get_every_number_once(self):
        def work(_index):
            taken = []
            for _n in range(EACH):
                with self.db.cursor() as cr:
                    taken.append(self._take(cr))
            return taken

        taken = self._in_threads(work)
        self.assertEqual(sorted(taken), list(range(1, THREADS * EACH + 1)))

    def test_threads_that_give_up_leave_no_gap(self):
        def work(index):
            kept = []
            for turn in range(EACH):
                with self.db.cursor() as cr:
                    number = self._take(cr)
                    if (index + turn) % 3:
                        kept.append(number)
                    else:
                        cr.rollback()
            return kept

        kept = self._in_threads(work)
        self.assertGreater(len(kept), THREADS)
        self.assertEqual(sorted(kept), list(range(1, len(kept) + 1)))

    def test_transaction_that_began_earlier_goes_on_after_the_others(self):
        with self.db.cursor() as early:
            early.execute("SELECT count(*) FROM yst_number")  # its snapshot is taken here
            for expected in (1, 2, 3):
                with self.db.cursor() as other:
                    self.assertEqual(self._take(other), expected)
            self.assertEqual(self._take(early), 4)

    def test_year_turn_between_transactions(self):
        with self.db.cursor() as old, self.db.cursor() as new:
            self.assertEqual(self._take(old, 2026), 1)
            self.assertEqual(self._take(new, 2027), 1, "another year does not wait")
