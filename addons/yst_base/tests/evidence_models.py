"""Models of tests only that keep evidence: a record with a token, and a part of it."""

from odoo import fields, models

from .sample_models import add_models


class SamplePaper(models.Model):
    _module = None
    _name = "yst.test.paper"
    _inherit = ["portal.mixin", "yst.evidence.mixin"]
    _description = "Sample with evidence"

    name = fields.Char()
    owner_id = fields.Many2one("res.users")
    active = fields.Boolean(default=True)


class SamplePaperLine(models.Model):
    """Has no rights of its own."""

    _module = None
    _name = "yst.test.paper.line"
    _inherit = ["yst.evidence.mixin"]
    _description = "Part of a sample"
    _evidence_via = "paper_id"

    paper_id = fields.Many2one("yst.test.paper")


def add_evidence_models(cls):
    """Both models in the registry; whoever owns a record may read it, portal users too."""
    add_models(cls, SamplePaper, SamplePaperLine)
    env = cls.env
    access = env["ir.model.access"]
    paper, line = (env["ir.model"]._get_id(n) for n in ("yst.test.paper", "yst.test.paper.line"))
    access.search([("model_id", "=", line)]).unlink()
    access.create(
        {
            "name": "paper portal",
            "model_id": paper,
            "group_id": env.ref("base.group_portal").id,
            "perm_read": True,
        }
    )
    env["ir.rule"].create(
        {
            "name": "own papers",
            "model_id": paper,
            "domain_force": "[('owner_id', '=', user.id)]",
        }
    )
    access.env.registry.clear_cache()
