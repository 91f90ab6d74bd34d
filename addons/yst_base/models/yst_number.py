from psycopg2 import IntegrityError
from psycopg2.errorcodes import UNIQUE_VIOLATION

from odoo import api, fields, models
from odoo.exceptions import UserError


class YstNumber(models.Model):
    """Allotted number (已用编号): one row for each number that was given out, without gaps.

    The unique index does the work: whoever inserts the next number first holds it until the end
    of the transaction, others wait; after a commit they go on with the following number, after a
    rollback with this one. So no number is lost or given twice, and unlike a counter row it
    needs no second try under PostgreSQL's repeatable read.
    """

    _name = "yst.number"
    _description = "Allotted Number"
    _order = "code, period, value DESC"
    _rec_name = "value"
    _log_access = False

    code = fields.Char(required=True, readonly=True, help="What is numbered, e.g. yst.service.case")
    period = fields.Char(required=True, readonly=True, help="Within what it runs, e.g. 2026")
    value = fields.Integer(string="Number", required=True, readonly=True)

    _code_period_value_uniq = models.UniqueIndex(
        "(code, period, value)", "This number has been given out already."
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_refused(self):
        raise UserError(self.env._("A number that was given out stays given out."))

    @api.model
    def _next(self, code: str, period: str | int) -> int:
        """The next number of a series, from 1, gap-free.

        Take it late in a transaction: others who want one of the same series wait until its end.
        """
        return self._next_batch(code, period, 1)[0]

    @api.model
    def _next_batch(self, code: str, period: str | int, count: int) -> list[int]:
        """The next ``count`` numbers of a series, in a row.

        :raise ValueError: the series has no name, or count is below 1
        """
        period = str(period)
        if not code or not period or count < 1:
            raise ValueError(f"no such series or count: {code!r}, {period!r}, {count!r}")
        cr = self.env.cr
        cr.execute(
            "SELECT COALESCE(MAX(value), 0) + 1 FROM yst_number WHERE code = %s AND period = %s",
            [code, period],
        )
        first = cr.fetchone()[0]
        while True:
            try:
                with cr.savepoint(flush=False):
                    cr.execute(
                        "INSERT INTO yst_number (code, period, value)"
                        " SELECT %s, %s, generate_series(%s, %s)",
                        [code, period, first, first + count - 1],
                        log_exceptions=False,
                    )
            except IntegrityError as error:
                if error.pgcode != UNIQUE_VIOLATION:
                    raise
                # taken by a transaction that began after ours and has committed
                first += 1
            else:
                return list(range(first, first + count))
