from odoo import api, fields, models
from odoo.exceptions import UserError

from ..feed_rules import COMMENT_LENGTH, DELETE_HOURS, MEGABYTES, PHOTOS, TEXT_LENGTH, is_key

#: so many unfinished posts a person may have
MOST_DRAFTS = 20


class FeedPost(models.Model):
    """A post while it is being written: its photos arrive one by one and are checked at once."""

    _inherit = "yst.feed.post"

    @api.model
    def get_compose(self, key=None):
        """What the author's screen needs.

        :param key: of the post that is being written
        :return: dict of ``scopes`` (list of names), ``areas`` (list of id and name),
            ``department`` (name), ``photos`` (that have arrived, as of :meth:`add_photo`),
            ``published`` (bool), ``moderator`` (bool) and ``most`` (dict of ``photos``, ``text``,
            ``comment``, ``hours``)
        """
        self.check_access("read")
        user = self.env.user.sudo()
        post = self.browse()
        if is_key(key):
            post = self.sudo().search(
                [("author_id", "=", self.env.uid), ("client_key", "=", key)], limit=1
            )
        return {
            "scopes": user._feed_scopes(),
            "areas": [
                {"id": area.id, "name": area.complete_name} for area in user.jurisdiction_ids
            ],
            "department": user._feed_department().name or "",
            "photos": post._arrived_photos() if post.state == "draft" else [],
            "published": bool(post) and post.state != "draft",
            "moderator": self._is_moderator(),
            "most": {
                "photos": PHOTOS,
                "text": TEXT_LENGTH,
                "comment": COMMENT_LENGTH,
                "hours": DELETE_HOURS,
            },
        }

    @api.model
    def add_photo(self, key, photo_key, data_b64, filename, latitude=None, longitude=None):
        """Take a photo for a post that is being written, watermarked with time, place, person.

        A photo that is sent again under the same key is taken once.

        :param key: of the post, chosen by the author's phone
        :param photo_key: of the photo, chosen by the author's phone
        :param data_b64: the file, base64
        :param latitude: WGS-84, where the phone says it is; else what the camera wrote
        :return: dict of ``id``, ``key``, ``url``, ``thumb`` and ``problems``, words on what to
            mend
        :raises UserError: no photo, too large, too many, or published already
        """
        if not is_key(photo_key):
            raise UserError(self.env._("The photo did not arrive complete. Please send it again."))
        post = self._feed_draft(key)
        post._lock_state()
        if post.state != "draft":
            raise UserError(self.env._("The post has been published already."))
        known = dict(post.photo_keys or {})
        if photo_key not in known:
            if len(known) >= PHOTOS:
                raise UserError(self.env._("A post has at most %s photos.", PHOTOS))
            evidence = post.with_env(self.env)._evidence_add(
                self._evidence_decode(data_b64, MEGABYTES),
                filename if isinstance(filename, str) else "",
                position=None if latitude is None or longitude is None else (latitude, longitude),
                watermark=post._feed_watermark,
            )
            if evidence.sudo().kind != "photo":
                raise UserError(self.env._("This is not a photo."))
            known[photo_key] = evidence.id
            post.photo_keys = known
        found = {photo["key"]: photo for photo in post._arrived_photos()}
        return found[photo_key]

    @api.model
    def remove_photo(self, key, photo_key):
        """Take a photo out of a post that is being written."""
        post = self._feed_draft(key)
        known = dict(post.photo_keys or {})
        if post.state != "draft":
            raise UserError(self.env._("The post has been published already."))
        if photo_key in known:
            evidence = self.env["yst.evidence"].sudo().browse(known.pop(photo_key))
            post._evidence_forget("Taken out before publishing", evidence)
            post.photo_keys = known
        return True

    @api.model
    def discard(self, key):
        """Throw away a post that is being written, with its photos."""
        post = self._feed_draft(key)
        if post.state != "draft":
            raise UserError(self.env._("The post has been published already."))
        post._evidence_forget("Thrown away before publishing")
        post.unlink()
        return True

    # -- helpers ---------------------------------------------------------------------------------

    def _feed_draft(self, key):
        """The user's own post of that key (sudo); a new one where there is none.

        :raise UserError: no key, or too many unfinished posts
        """
        self.browse().check_access("read")
        if not is_key(key):
            raise UserError(self.env._("The post did not arrive complete. Please send it again."))
        posts = self.sudo()
        own = [("author_id", "=", self.env.uid)]
        post = posts.search([*own, ("client_key", "=", key)], limit=1)
        if post:
            return post
        if posts.search_count([*own, ("state", "=", "draft")], limit=MOST_DRAFTS) >= MOST_DRAFTS:
            raise UserError(self.env._("You have too many unfinished posts: publish them first."))
        user = self.env.user.sudo()
        return posts.create(
            {
                "author_id": user.id,
                "client_key": key,
                "area_id": user.jurisdiction_ids[:1].id,
                "department_id": user._feed_department().id,
            }
        )

    def _arrived_photos(self):
        """Photos of a post that is being written, in the order in which they arrived (sudo)."""
        known = {evidence: key for key, evidence in (self.photo_keys or {}).items()}
        evidence = self.env["yst.evidence"].sudo().browse(sorted(known)).exists()
        return [
            {
                "id": one.id,
                "key": known[one.id],
                "url": f"/yst/evidence/{one.id}",
                "thumb": f"/yst/evidence/{one.id}/thumb",
                "problems": self._evidence_problem_words(one.problems),
            }
            for one in evidence
        ]

    def _feed_watermark(self, taken_at, position):
        """Time, place and person, written into the picture.

        :param taken_at: by the camera, naive UTC; without it the time of arrival is written
        :param position: (latitude, longitude) or None
        """
        zone = self.with_context(tz=self.env.user.tz or "Asia/Shanghai")
        moment = fields.Datetime.context_timestamp(zone, taken_at or fields.Datetime.now())
        place = [self.sudo().area_id.complete_name or ""]
        if position:
            place.append(f"{position[0]:.5f}, {position[1]:.5f}")
        lines = [f"{moment:%Y-%m-%d %H:%M:%S}", " ".join(filter(None, place)), self.env.user.name]
        return [line for line in lines if line]
