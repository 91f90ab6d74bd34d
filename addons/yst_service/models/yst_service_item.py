from odoo import _, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from .. import catalogue, search

COMPUTED = frozenset(
    ("current_version_id", "draft_version_id", "published", "name", "search_text", "popularity")
)
"""Stored, but never typed in."""

CANDIDATES = 500
"""At most so many items are ranked for one query, the most popular ones."""


class YstServiceItem(models.Model):
    """A service item (事项): what a resident can apply for. What its guide says is kept in
    versions; the item is their common name plate and what search looks through."""

    _name = "yst.service.item"
    _description = "Service Item"
    _inherit = ["mail.thread"]
    _order = "sequence, code"
    _rec_names_search = ["name", "code", "search_text"]

    code = fields.Char(required=True, tracking=True, help="Such as SB-01.")
    category_id = fields.Many2one(
        "yst.service.category", required=True, ondelete="restrict", index=True, tracking=True
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, tracking=True)
    version_ids = fields.One2many("yst.service.item.version", "item_id", string="Versions")
    current_version_id = fields.Many2one(
        "yst.service.item.version",
        compute="_compute_current_version_id",
        store=True,
        index="btree_not_null",
    )
    draft_version_id = fields.Many2one(
        "yst.service.item.version", compute="_compute_current_version_id", store=True
    )
    name = fields.Char("Service name", compute="_compute_name", store=True)
    published = fields.Boolean(
        compute="_compute_current_version_id",
        store=True,
        help="Residents can find the item: it is not archived and has a published version.",
    )
    online = fields.Selection(related="current_version_id.online")
    promised_limit = fields.Integer(
        related="current_version_id.promised_limit", aggregator=None
    )
    limit_unit = fields.Selection(related="current_version_id.limit_unit")
    sample = fields.Boolean(related="current_version_id.sample")
    synonyms = fields.Text(help="Other words that residents use, one on each line.")
    life_event_ids = fields.Many2many(
        "yst.life.event", "yst_service_item_life_event_rel", "item_id", "event_id"
    )
    search_text = fields.Text(
        compute="_compute_search_text",
        store=True,
        help="Name, synonyms, life events and code with pinyin and initials, for search.",
    )
    case_count = fields.Integer(compute="_compute_case_count", string="Applications")
    popularity = fields.Integer(
        readonly=True,
        default=0,
        copy=False,
        help="Applications in the last 365 days, counted every night.",
    )

    _code_uniq = models.UniqueIndex("(code)", "There is already a service item with this code.")
    _code_shape = models.Constraint(
        "CHECK (code ~ '^[A-Z]{2}-[0-9]{2,3}$')",
        "An item code is the category's two letters, a hyphen and two or three digits.",
    )

    def init(self):
        super().init()
        if self.env.registry.has_trigram:
            self.env.cr.execute(
                """
                CREATE INDEX IF NOT EXISTS yst_service_item_search_text_trgm
                ON yst_service_item USING gin (search_text gin_trgm_ops)
                """
            )

    @api.depends("version_ids.state", "active")
    def _compute_current_version_id(self):
        for item in self:
            states = {version.state: version for version in item.version_ids}
            item.current_version_id = states.get("published")
            item.draft_version_id = states.get("draft")
            item.published = bool(item.active and item.current_version_id)

    @api.depends("current_version_id.name", "draft_version_id.name", "code")
    def _compute_name(self):
        for item in self:
            version = item.current_version_id or item.draft_version_id
            item.name = version.name or item.code

    @api.depends(
        "code",
        "name",
        "synonyms",
        "current_version_id.name_en",
        "life_event_ids.name",
        "life_event_ids.title",
        "life_event_ids.synonyms",
    )
    def _compute_search_text(self):
        for item in self:
            events = item.life_event_ids
            words = [(search.CODE, item.code), (search.NAME, item.name)]
            words += [(search.NAME, item.current_version_id.name_en)]
            words += [(search.SYNONYM, word) for word in catalogue.lines(item.synonyms)]
            for event in events:
                said = [event.name, event.title, *catalogue.lines(event.synonyms)]
                words += [(search.EVENT, word) for word in said]
            item.search_text = search.index_text(search.term(*word) for word in words)

    def _compute_case_count(self):
        counts = dict(
            self.env["yst.service.case"]
            .sudo()
            ._read_group([("item_id", "in", self.ids)], ["item_id"], ["__count"])
        )
        for item in self:
            item.case_count = counts.get(item.sudo(), 0)

    @api.constrains("code", "category_id")
    def _check_code(self):
        for item in self:
            if not item.code.startswith(item.category_id.code + "-"):
                raise ValidationError(
                    _(
                        "The code of “%(item)s” has to begin with %(code)s-, like its category.",
                        item=item.code,
                        code=item.category_id.code,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_versions(self):
        if self.version_ids.filtered(lambda version: version.state != "draft"):
            raise UserError(
                _("An item that was published stays on record. Archive it instead.")
            )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_computed(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_computed(vals)
        return super().write(vals)

    @api.model
    def _check_computed(self, vals):
        """:raises UserError: the values hold what follows from the versions or the figures"""
        if not self.env.su and COMPUTED & vals.keys():
            raise UserError(
                _("What residents see of an item follows from its published version.")
            )

    @api.depends("code", "name")
    def _compute_display_name(self):
        for item in self:
            named = item.name and item.name != item.code
            item.display_name = f"{item.code} {item.name}" if named else item.code

    # Actions

    def action_new_version(self):
        """Copy the published version into a draft, or open the draft that is there."""
        self.ensure_one()
        draft = self.draft_version_id or self.env["yst.service.item.version"]._draft_of(self)
        return draft._form_action()

    def action_view_cases(self):
        """List the applications made for it."""
        self.ensure_one()
        return self.env["yst.service.case"]._action_list([("item_id", "=", self.id)])

    def action_view_guide(self):
        """Open the public guide."""
        self.ensure_one()
        return {"type": "ir.actions.act_url", "url": self._public_url(), "target": "new"}

    # Public search

    @api.model
    def _search_public(self, query=None, category=None, life_event=None, limit=None):
        """Items that residents may see, best first; one SQL query.

        :param str query: what the resident typed: name, other words, pinyin, initials
        :param category: a yst.service.category to keep to
        :param life_event: a yst.life.event to keep to
        :return: yst.service.item recordset (sudo: only published ones are in it)
        """
        items = self.sudo()
        asked = search.parse_query(query)
        if not asked and (query or "").strip():
            return items.browse()
        if not asked:
            domain = Domain("published", "=", True)
            if category:
                domain &= Domain("category_id", "in", category.ids)
            if life_event:
                domain &= Domain("life_event_ids", "in", life_event.ids)
            return items.search(domain, limit=limit)
        rows = self.env.execute_query(self._candidates_sql(asked, category, life_event))
        ids = search.rank(asked, ((row[0], row[1], (-row[2], row[3], row[4])) for row in rows))
        return items.browse(ids[:limit])

    @api.model
    def _candidates_sql(self, asked, category, life_event):
        """The SQL that narrows the items down to those worth ranking. It is SQL, since the ORM
        would ask a second time for the texts; test_search looks at its plan."""
        self.flush_model()
        found = [SQL("search_text LIKE %s", one) for one in search.like_patterns(asked)]
        where = [SQL("published"), SQL("(%s)", SQL(" OR ").join(found))]
        if category:
            where.append(SQL("category_id IN %s", tuple(category.ids)))
        if life_event:
            where.append(
                SQL(
                    """EXISTS (SELECT FROM yst_service_item_life_event_rel rel
                    WHERE rel.item_id = yst_service_item.id AND rel.event_id IN %s)""",
                    tuple(life_event.ids),
                )
            )
        return SQL(
            """SELECT id, search_text, popularity, sequence, code FROM yst_service_item
            WHERE %s ORDER BY popularity DESC, sequence, code LIMIT %s""",
            SQL(" AND ").join(where),
            CANDIDATES,
        )

    @api.model
    def _popular(self, limit):
        """The items that residents apply for most; where nobody has applied yet, the first of
        each category."""
        return self.sudo().search(
            [("published", "=", True)], order="popularity DESC, sequence, code", limit=limit
        )

    def _public_url(self):
        """Path of the public guide."""
        self.ensure_one()
        return f"/services/{self.code}"

    @api.model
    def _cron_popularity(self):
        """Count each item's applications of the last 365 days, in one statement."""
        since = fields.Datetime.subtract(fields.Datetime.now(), days=365)
        counts = dict(
            self.env["yst.service.case"]._read_group(
                [("submitted_at", ">=", since)], ["item_id"], ["__count"]
            )
        )
        touched = Domain("popularity", "!=", 0) | Domain("id", "in", [one.id for one in counts])
        for item in self.with_context(active_test=False).search(touched):
            if item.popularity != counts.get(item, 0):
                item.popularity = counts.get(item, 0)
