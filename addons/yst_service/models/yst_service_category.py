from odoo import api, fields, models


class YstServiceCategory(models.Model):
    """A category of service items (事项类别), such as 劳动保障."""

    _name = "yst.service.category"
    _description = "Service Category"
    _order = "sequence, code"

    name = fields.Char("Category name", required=True)
    code = fields.Char(
        required=True,
        help="Two capital letters; every item code of the category begins with them.",
    )
    sequence = fields.Integer(default=10)
    icon = fields.Char(
        default="fa-folder-open",
        help="Font Awesome class shown beside the name on public pages.",
    )
    active = fields.Boolean(default=True)
    item_ids = fields.One2many("yst.service.item", "category_id", string="Items")
    item_count = fields.Integer(compute="_compute_item_count", string="Number of items")

    _code_uniq = models.UniqueIndex("(code)", "There is already a category with this code.")
    _code_shape = models.Constraint(
        "CHECK (code ~ '^[A-Z]{2}$')",
        "A category code is two capital letters.",
    )

    @api.depends("item_ids.active")
    def _compute_item_count(self):
        counts = dict(
            self.env["yst.service.item"]._read_group(
                [("category_id", "in", self.ids)], ["category_id"], ["__count"]
            )
        )
        for category in self:
            category.item_count = counts.get(category, 0)
