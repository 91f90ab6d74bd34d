from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..feed_rules import DELETE_HOURS, is_before

SCOPES = ("all", "department", "area")
PAGE = 20
MOST_PINNED = 5
ORDER = SQL("published_at DESC, id DESC")


class FeedPost(models.Model):
    """The feed as its screen reads it.

    A page goes on where the last one ended ("keyset"), and each kind of scope is read along an
    index of its own: what a page costs depends on the user's areas, not on how many posts there
    are. What it shows is what the record rules of a cadre let see, see ``res.users``.
    """

    _inherit = "yst.feed.post"

    @api.model
    def get_page(self, before=None, scope="all", limit=PAGE):
        """A page of the feed, the latest first; on the first page the pinned posts besides.

        The user's own hidden posts are among them, with the reason.

        :param before: where the page before it ended, its ``next``
        :param scope: all, department (what was published for the own department) or area (for
            the own areas)
        :return: dict of ``next`` (None at the end), ``pinned`` and ``rows``: lists of dict of
            ``id``, ``text``, ``author_id``, ``author``, ``area``, ``department``, ``scope``,
            ``at``, ``pinned_until``, ``state``, ``reason``, ``likes``, ``comments``, ``liked``,
            ``mine``, ``may_delete``, ``photos`` (list of dict of ``id``, ``url``, ``thumb``)
        """
        self.browse().check_access("read")
        if scope not in SCOPES or not (before is None or is_before(before)):
            raise UserError(self.env._("There is no such page."))
        limit = max(1, min(int(limit), 100))
        self.flush_model()
        seen = self._feed_seen(scope)
        pinned = self._feed_pinned(seen)
        ids = self._feed_ids(seen, before, limit + 1, pinned)
        shown = ids[:limit]
        rows = self._feed_rows(shown if before else [*pinned, *shown])
        last = rows.get(shown[-1]) if len(ids) > limit else None
        return {
            "next": [last["at"], last["id"]] if last else None,
            "pinned": [] if before else [rows[one] for one in pinned if one in rows],
            "rows": [rows[one] for one in shown if one in rows],
        }

    @api.model
    def get_post(self, post_id):
        """One post as of :meth:`get_page`.

        :raise AccessError: it is not for the user
        """
        post = self.browse(int(post_id))
        post.check_access("read")
        self.flush_model()
        rows = self._feed_rows(post.ids)
        if not rows:
            raise UserError(self.env._("The post is not visible (any more)."))
        return rows[post.id]

    # -- statements ------------------------------------------------------------------------------

    def _feed_seen(self, scope):
        """Of each kind of posts in this part of the feed: (table of keys, condition)."""
        user = self.env.user
        areas = (
            SQL("unnest(%s::int[]) AS given (key)", list(user._feed_area_ids())),
            SQL("state = 'visible' AND scope = 'area' AND area_id = key"),
        )
        departments = (
            SQL("unnest(%s::int[]) AS given (key)", user._feed_departments().ids),
            SQL("state = 'visible' AND scope = 'department' AND department_id = key"),
        )
        office = (
            SQL("(SELECT 0) AS given (key)"), SQL("state = 'visible' AND scope = 'office'")
        )
        own = SQL("author_id = key AND state IN ('visible', 'hidden')")
        if scope != "all":
            own = SQL("%s AND scope = %s", own, scope)
        own = (SQL("(SELECT %s) AS given (key)", self.env.uid), own)
        return {
            "all": [office, areas, departments, own],
            "area": [areas, own],
            "department": [departments, own],
        }[scope]

    def _feed_pinned(self, seen):
        """Ids of the pinned posts, the latest first."""
        branches = [
            SQL(
                "SELECT id, published_at FROM %s JOIN yst_feed_post ON %s"
                " WHERE pinned_until >= %s AND state = 'visible'",
                keys, condition, fields.Date.context_today(self),
            )
            for keys, condition in seen
        ]
        rows = self.env.execute_query(
            SQL("%s ORDER BY %s LIMIT %s", SQL(" UNION ").join(branches), ORDER, MOST_PINNED)
        )
        return [one for one, _at in rows]

    def _feed_ids(self, seen, before, limit, without):
        """Ids of a page: the first of each kind, and of those the first of all."""
        place = SQL("TRUE")
        if before:
            place = SQL("(published_at, id) < (%s::timestamp, %s)", *self._feed_before(before))
        branches = [
            SQL(
                "SELECT found.id, found.published_at FROM %(keys)s, LATERAL ("
                "SELECT id, published_at FROM yst_feed_post WHERE %(condition)s AND %(place)s"
                " AND id != ALL(%(without)s) ORDER BY %(order)s LIMIT %(limit)s) AS found",
                keys=keys, condition=condition, place=place, without=list(without), order=ORDER,
                limit=limit,
            )
            for keys, condition in seen
        ]
        rows = self.env.execute_query(
            SQL("%s ORDER BY %s LIMIT %s", SQL(" UNION ").join(branches), ORDER, limit)
        )
        return [one for one, _at in rows]

    def _feed_before(self, before):
        try:
            return fields.Datetime.to_datetime(before[0]), before[1]
        except ValueError as error:
            raise UserError(self.env._("There is no such page.")) from error

    def _feed_rows(self, ids):
        """dict of id to what the screen shows of posts that the user sees, in two statements."""
        rows = self.env.execute_query_dict(
            SQL(
                """
                SELECT post.id, COALESCE(post.text, '') AS text, post.author_id,
                       person.name AS author, COALESCE(area.complete_name, '') AS area,
                       COALESCE(department.name->>%(lang)s, department.name->>'en_US', '')
                           AS department,
                       post.scope, post.published_at AS at, post.state,
                       CASE WHEN post.pinned_until >= %(today)s THEN post.pinned_until END
                           AS pinned_until,
                       COALESCE(post.hidden_reason, '') AS reason,
                       COALESCE(post.like_count, 0) AS likes,
                       COALESCE(post.comment_count, 0) AS comments,
                       EXISTS (SELECT FROM yst_feed_like chosen WHERE chosen.post_id = post.id
                                  AND chosen.user_id = %(uid)s) AS liked,
                       post.author_id = %(uid)s AS mine,
                       post.author_id = %(uid)s AND post.state = 'visible'
                           AND post.published_at > %(since)s
                           AND NOT EXISTS (SELECT FROM yst_feed_trace trace
                                            WHERE trace.post_id = post.id) AS may_delete
                  FROM yst_feed_post post
                  JOIN res_users account ON account.id = post.author_id
                  JOIN res_partner person ON person.id = account.partner_id
                  LEFT JOIN yst_area area ON area.id = post.area_id
                  LEFT JOIN hr_department department ON department.id = post.department_id
                 WHERE post.id = ANY(%(ids)s) AND post.state IN ('visible', 'hidden')
                """,
                lang=self.env.lang or "en_US",
                today=fields.Date.context_today(self),
                uid=self.env.uid,
                since=fields.Datetime.now() - timedelta(hours=DELETE_HOURS),
                ids=list(ids),
            )
        )
        photos = self._feed_photos(ids)
        for row in rows:
            row["at"] = fields.Datetime.to_string(row["at"])
            row["pinned_until"] = fields.Date.to_string(row["pinned_until"]) or False
            row["photos"] = photos.get(row["id"], [])
        return {row["id"]: row for row in rows}

    def _feed_photos(self, ids):
        """dict of id to the photos of these posts; their addresses check who may see them."""
        self.env["yst.evidence"].flush_model()
        photos = {}
        for post, evidence in self.env.execute_query(
            SQL(
                "SELECT res_id, id FROM yst_evidence WHERE res_model = %s AND res_id = ANY(%s)"
                " AND kind = 'photo' ORDER BY id",
                self._name, list(ids),
            )
        ):
            url = f"/yst/evidence/{evidence}"
            photos.setdefault(post, []).append(
                {"id": evidence, "url": url, "thumb": f"{url}/thumb"}
            )
        return photos
