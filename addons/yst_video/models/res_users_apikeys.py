import hashlib
import time
from collections import OrderedDict

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.base.models.res_users import INDEX_SIZE, KEY_CRYPT_CONTEXT

SCOPE = "yst_video"
FAILURES = 10  # wrong keys from one address …
MINUTES = 5  # … within so many minutes, then it has to wait as long
REMEMBERED = 1000
MAX_KEY = 200


class ResUsersApikeys(models.Model):
    """Keys of the video bridges: of their own scope, and good for their interface alone."""

    _inherit = "res.users.apikeys"

    @api.model
    def _bridge_user(self, key):
        """Id of the account that a bridge's key belongs to, None when it is no such key.

        A key without scope, which would open everything, opens nothing here. What was verified
        once is looked up by its hash the next time, as long as the key is in the database.
        """
        if not key or len(key) > MAX_KEY or not key.isascii():
            return None
        known = self._bridge_keys()
        digest = hashlib.sha256(key.encode()).digest()
        rows = self.env.execute_query(
            SQL(
                """SELECT k.id, k.key, k.user_id
                     FROM res_users_apikeys k
                     JOIN res_users u ON u.id = k.user_id AND u.active
                    WHERE k.index = %s AND k.scope = %s
                      AND (k.expiration_date IS NULL
                           OR k.expiration_date >= now() AT TIME ZONE 'utc')""",
                key[:INDEX_SIZE],
                SCOPE,
            )
        )
        for key_id, hashed, user_id in rows:
            if known.get(digest) != (key_id, hashed):
                if not KEY_CRYPT_CONTEXT.verify(key, hashed):
                    continue
                known[digest] = (key_id, hashed)
                while len(known) > REMEMBERED:
                    known.popitem(last=False)
            return user_id
        return None

    @api.model
    def _bridge_keys(self):
        """{hash of a key: (its row, its stored form)} of those verified by this process."""
        registry = self.env.registry
        if not hasattr(registry, "_yst_video_keys"):
            registry._yst_video_keys = OrderedDict()
        return registry._yst_video_keys

    # -- wrong keys ----------------------------------------------------------------------------

    @api.model
    def _bridge_failures(self):
        registry = self.env.registry
        if not hasattr(registry, "_yst_video_failures"):
            registry._yst_video_failures = OrderedDict()
        return registry._yst_video_failures

    @api.model
    def _bridge_wrong_key(self, source):
        """Note a wrong key from an address; seconds to wait when it was one too many, else 0."""
        failures, now = self._bridge_failures(), time.monotonic()
        count, since = failures.pop(source, (0, now))
        if now - since > MINUTES * 60:
            count, since = 0, now
        failures[source] = (count + 1, since)
        while len(failures) > REMEMBERED:
            failures.popitem(last=False)
        if count < FAILURES:
            return 0
        return max(1, int(MINUTES * 60 - (now - since)))
