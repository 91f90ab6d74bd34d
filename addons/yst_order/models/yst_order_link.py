from odoo import api, fields, models


class OrderLink(models.Model):
    """One cause of an order (来源): the first and all that were joined to it later.

    Written by the server alone; whoever may read the order may read that there is a source, and
    what it is only who may read the source itself.
    """

    _name = "yst.order.link"
    _description = "Source of an Order"
    _order = "id"
    _rec_name = "order_id"

    order_id = fields.Many2one(
        "yst.order", required=True, readonly=True, ondelete="cascade"
    )
    source_model = fields.Char(required=True, readonly=True)
    source_id = fields.Many2oneReference(
        "Source", model_field="source_model", required=True, readonly=True
    )
    source_name = fields.Char("Name of the source", compute="_compute_source_name")

    _order_source_uniq = models.UniqueIndex(
        "(order_id, source_model, source_id)", "This is a source of the order already."
    )
    _source_idx = models.Index("(source_model, source_id)")

    @api.model_create_multi
    def create(self, vals_list):
        links = super().create(vals_list)
        links._sources_changed()
        return links

    def write(self, vals):
        result = super().write(vals)
        self._sources_changed()
        return result

    def unlink(self):
        self._sources_changed()
        return super().unlink()

    def _sources_changed(self):
        """The orders of a source are computed from the links."""
        for model, links in self.grouped("source_model").items():
            if model in self.env and "order_ids" in self.env[model]._fields:
                sources = self.env[model].browse(links.mapped("source_id"))
                sources.invalidate_recordset(["order_ids", "order_count"], flush=False)

    @api.depends("source_model", "source_id")
    @api.depends_context("uid")
    def _compute_source_name(self):
        self._source_names(self)

    @api.model
    def _source_names(self, records):
        """Fill in ``source_name``: one query a model, names only of what the user may read.

        :param records: links, or orders, which have the same fields for their first source
        """
        records.source_name = False
        for model, group in records.sudo().grouped("source_model").items():
            if not model or model not in self.env:
                continue
            sources = self.env[model].sudo(False).browse(set(group.mapped("source_id")))
            names = {
                source.id: source.display_name
                for source in sources.exists()._filtered_access("read")
            }
            for record in group:
                record.with_env(records.env).source_name = names.get(record.source_id, False)
