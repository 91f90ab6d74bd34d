from odoo import fields, models


class ServiceReason(models.Model):
    """A coded reason (理由) for a decision against an application.

    Coded, so that it can be counted; ``remedy`` is what the notice tells the resident to do.
    """

    _name = "yst.service.reason"
    _description = "Service Reason"
    _order = "kind, sequence, code, id"

    code = fields.Char(required=True)
    name = fields.Char("Reason", required=True, translate=True)
    kind = fields.Selection(
        [
            ("material", "Faulty material"),
            ("refuse", "Not accepted"),
            ("terminate", "Terminated"),
            ("reopen", "Reopened"),
            ("home_visit", "Home visit refused"),
            ("exclude", "Rating excluded"),
        ],
        required=True,
        index=True,
    )
    remedy = fields.Text(
        translate=True,
        help="What the resident can do about it; printed on the notice.",
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _code_uniq = models.UniqueIndex("(kind, code)", "This reason code exists already.")
