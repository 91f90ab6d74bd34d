from odoo import fields, models


class CirculationMixin(models.AbstractModel):
    """What can be circulated (可传阅): an official document, a hearing's opinion …

    The record stays where it is; an item that points to it goes to the people, and whoever has
    a node of it may read the record. Contract for those who inherit:

    - a record rule with ``user._circulated_domain("<model>")`` lets them;
    - ``_circulation_values`` answers what the item takes over.
    """

    _name = "yst.circulation.mixin"
    _description = "Can be circulated"

    item_ids = fields.One2many(
        "yst.circulation.item",
        "source_id",
        "Circulated as",
        domain=lambda self: [("source_model", "=", self._name)],
        readonly=True,
    )

    def _circulation_values(self):
        """What an item made of this one record takes over: name, kind, body, urgency …"""
        self.ensure_one()
        return {"name": self.display_name}

    def _circulate(self, audience, **values):
        """Send the record to people.

        :param audience: list of values of ``yst.circulation.audience``
        :param values: of the item: wanted, deadline, …
        :return: the item, sent
        :raise UserError: as ``action_send`` of the item
        """
        self.ensure_one()
        self.check_access("read")
        item = self.env["yst.circulation.item"].create(
            {
                **self._circulation_values(),
                **values,
                "audience_ids": [fields.Command.create(line) for line in audience],
            }
        )
        item.sudo().write({"source_model": self._name, "source_id": self.id})
        item.action_send()
        return item
