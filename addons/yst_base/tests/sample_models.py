"""Models that exist in tests only, to try the mixins on.

They are put into the registry when a test class begins and taken out when it ends; their tables
live in the class's transaction, which is never committed.
"""

from odoo import fields, models
from odoo.orm.model_classes import add_to_registry

from ..models.yst_state_mixin import state_field


class SampleClock(models.Model):
    _module = None
    _name = "yst.test.clock"
    _inherit = ["yst.clock.mixin"]
    _description = "Sample with a clock"

    name = fields.Char()
    color = fields.Integer()


class SampleCase(models.Model):
    _module = None
    _name = "yst.test.case"
    _inherit = ["mail.thread", "yst.state.mixin", "yst.clock.mixin"]
    _description = "Sample with state and clock"

    name = fields.Char()
    note = fields.Char()
    state = state_field([("draft", "Draft"), ("open", "Open"), ("done", "Done")])


class SampleDoor(models.Model):
    """Its table is made by the test, so that several connections see it."""

    _module = None
    _name = "yst.test.door"
    _table = "yst_sample_door"
    _inherit = ["yst.state.mixin"]
    _description = "Sample with a state"
    _auto = False
    _log_access = False

    state = state_field([("shut", "Shut"), ("open", "Open"), ("locked", "Locked")])


def add_models(cls, *definitions):
    """Add sample models to the registry of a TransactionCase, for as long as the class runs.

    Internal users may read and write them.
    """
    registry, cr = cls.registry, cls.env.cr
    names = [definition._name for definition in definitions]

    def remove():
        for name in names:
            del registry[name]
        registry.registry_invalidated = True  # so that the test case sets it up again

    for definition in definitions:
        add_to_registry(registry, definition)
    cls.addClassCleanup(remove)
    registry._setup_models__(cr, names)
    names = [name for name in names if registry[name]._auto]
    if not names:
        return
    registry.init_models(cr, names, {"module": "yst_base"}, install=True)
    cls.env["ir.model.access"].create(
        [
            {
                "name": name,
                "model_id": cls.env["ir.model"]._get_id(name),
                "group_id": cls.env.ref("base.group_user").id,
                "perm_read": True,
                "perm_write": True,
                "perm_create": True,
                "perm_unlink": True,
            }
            for name in names
        ]
    )
