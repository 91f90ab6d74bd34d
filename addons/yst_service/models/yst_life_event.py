from odoo import fields, models


class YstLifeEvent(models.Model):
    """Something that happens in a resident's life (人生事件) and leads to services,
    such as 退休 or 失业. Residents look for items by it."""

    _name = "yst.life.event"
    _description = "Life Event"
    _order = "sequence, id"

    name = fields.Char("Event name", required=True)
    title = fields.Char("Shown as", help="How residents say it, for public pages. Empty: the name.")
    synonyms = fields.Text(help="Other words for the same event, one on each line.")
    sequence = fields.Integer(default=10)
    icon = fields.Char(default="fa-star-o", help="Font Awesome class shown on public pages.")
    active = fields.Boolean(default=True)
    item_ids = fields.Many2many(
        "yst.service.item", "yst_service_item_life_event_rel", "event_id", "item_id"
    )

    _name_uniq = models.UniqueIndex("(name)", "There is already a life event with this name.")
