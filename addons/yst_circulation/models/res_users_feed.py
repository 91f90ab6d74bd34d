from odoo import models
from odoo.fields import Domain
from odoo.tools import ormcache


class ResUsers(models.Model):
    """Which posts of the work feed (工作圈) a user sees."""

    _inherit = "res.users"

    def _feed_scopes(self):
        """For whom the user may publish."""
        self.ensure_one()
        found = ["office"]
        if self._feed_department():
            found.insert(0, "department")
        if self.sudo().jurisdiction_ids:
            found.insert(0, "area")
        return found

    def _feed_department(self):
        """The user's own department (sudo)."""
        return self._feed_departments()[:1]

    def _feed_departments(self):
        self.ensure_one()
        employees = self.env["hr.employee"].sudo()
        return employees.search([("user_id", "=", self.id)], order="id").department_id

    @ormcache("self.id")
    def _feed_area_ids(self):
        """Areas whose posts the user sees: own ones, those below and those above."""
        areas = self.sudo().with_context(active_test=False).jurisdiction_ids
        above = {int(one) for area in areas for one in area.parent_path.split("/") if one}
        return tuple(sorted(above | set(self._jurisdiction_area_ids())))

    def _feed_scope_domain(self):
        """Posts that are meant for the user by their scope, in whatever state.

        The departments are asked of the database each time: the rule is cached, people move.
        """
        areas = Domain("area_id", "in", list(self._feed_area_ids()))
        department = Domain("department_id.member_ids.user_id", "=", self.id)
        return (
            Domain("scope", "=", "office")
            | Domain("scope", "=", "area") & areas
            | Domain("scope", "=", "department") & department
        )

    def _feed_post_domain(self):
        """What a user sees of posts, for record rules: what is meant for them, and their own."""
        self.ensure_one()
        visible = Domain("state", "=", "visible") & self._feed_scope_domain()
        return visible | Domain("author_id", "=", self.id)

    def _feed_moderation_domain(self):
        """What a moderator sees besides: hidden posts that were meant for them, and whatever was
        published in their areas."""
        self.ensure_one()
        published = Domain("state", "in", ("visible", "hidden"))
        return published & (self._feed_scope_domain() | Domain(self._jurisdiction_domain()))

    def _feed_part_domain(self, moderates=False):
        """Likes, comments and traces of posts that one sees.

        :param bool moderates: of those, too, that one sees as a moderator
        """
        posts = self._feed_post_domain()
        if moderates:
            posts |= self._feed_moderation_domain()
        return Domain("post_id", "any!", posts)

    def _feed_comment_domain(self):
        """Comments that are not hidden, and own ones, of posts that one sees."""
        seen = Domain("state", "=", "visible") | Domain("author_id", "=", self.id)
        return seen & self._feed_part_domain()

    def _feed_channels(self):
        """Channels of the bus on which the user hears of new posts.

        A post of an area is told at the area and at all that it lies in, and within it: whoever
        answers for one of the former, or for an area within, hears of it.
        """
        self.ensure_one()
        channels = ["yst_feed_office"]
        for department in self._feed_departments():
            channels.append(f"yst_feed_department_{department.id}")
        within = set()
        for area in self.sudo().with_context(active_test=False).jurisdiction_ids:
            channels.append(f"yst_feed_at_{area.id}")
            within.update(one for one in area.parent_path.split("/") if one)
        return channels + [f"yst_feed_within_{one}" for one in sorted(within)]
