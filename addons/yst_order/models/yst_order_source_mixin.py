from odoo import api, fields, models


class OrderSourceMixin(models.AbstractModel):
    """What can cause an order (任务来源): an alert, an incident, a hotline ticket …

    The order keeps a reference, never a copy. Contract for those who inherit:

    - ``_order_values`` answers what the order takes over when it is made from the record;
    - ``_order_pictures`` (and, for many records in one query, ``_order_pictures_of_each``) answers
      pictures which the order's handler is shown: their addresses check by themselves who may
      see them;
    - ``_order_event`` is told what becomes of the order. It runs in sudo within the order's
      transaction, once per order, on all records of the model that are its sources.
    """

    _name = "yst.order.source.mixin"
    _description = "Source of orders"

    order_ids = fields.Many2many(
        "yst.order",
        string="Orders",
        compute="_compute_order_ids",
        search="_search_order_ids",
        help="Those that the reader may see.",
    )
    order_count = fields.Integer("Number of orders", compute="_compute_order_count")

    @api.depends_context("uid")
    def _compute_order_ids(self):
        links = self._order_links()
        readable = links.order_id.sudo(False)._filtered_access("read")
        by_source = links.grouped("source_id")
        for record in self:
            found = by_source.get(record.id, links.browse()).order_id
            record.order_ids = readable.browse(found.ids) & readable

    def _compute_order_count(self):
        links = self.env["yst.order.link"].sudo()
        counts = dict(
            links._read_group(
                [("source_model", "=", self._name), ("source_id", "in", self.ids)],
                ["source_id"],
                ["order_id:count_distinct"],
            )
        )
        for record in self:
            record.order_count = counts.get(record.id, 0)

    @api.model
    def _search_order_ids(self, operator, value):
        if operator not in ("in", "any"):
            return NotImplemented
        links = self.env["yst.order.link"].with_context(active_test=False)
        query = links._search([("source_model", "=", self._name), ("order_id", operator, value)])
        return [("id", "in", query.subselect("source_id"))]

    def _order_links(self):
        """The links of these records to orders (sudo)."""
        links = self.env["yst.order.link"].sudo()
        return links.search_fetch(
            [("source_model", "=", self._name), ("source_id", "in", self.ids)],
            ["source_id", "order_id"],
        )

    # ------------------------------------------------------------------ hooks
    def _order_values(self):
        """What an order made from this one record takes over: name, area_id, category_id, …"""
        self.ensure_one()
        return {"name": self.display_name}

    def _order_pictures(self, limit=4):
        """Pictures of this record: ``[{"url": …, "at": RFC 3339 or False, "caption": …}]``."""
        return []

    def _order_pictures_of_each(self, limit=4):
        """``_order_pictures`` of every record, as dict of id to list.

        To be overridden where one query can answer for all: a batch of orders asks it once.
        """
        return {record.id: record._order_pictures(limit) for record in self}

    def _order_event(self, order, event):
        """``order`` was dispatched, accepted, returned, feedback, closed, cancelled or merged."""
