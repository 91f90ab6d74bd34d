from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL

from .. import bridge_items

WANTED_SECONDS = 30


class YstVideoStill(models.Model):
    """The latest picture of a camera (最新画面), for the wall; replaced again and again.

    Nobody reads the picture through the ORM: it leaves by the route that records who looked.
    """

    _name = "yst.video.still"
    _description = "Latest picture of a camera"
    _rec_name = "camera_id"

    camera_id = fields.Many2one(
        "yst.video.camera", required=True, readonly=True, ondelete="cascade"
    )
    taken_at = fields.Datetime(readonly=True)
    image = fields.Binary(attachment=False, readonly=True, groups=fields.NO_ACCESS)
    size = fields.Integer(readonly=True, help="Bytes.")
    wanted_until = fields.Datetime(
        readonly=True, help="Somebody looks at this camera: the bridge sends pictures until then."
    )

    _camera_uniq = models.UniqueIndex("(camera_id)")
    _wanted_idx = models.Index("(wanted_until) WHERE wanted_until IS NOT NULL")

    # -- the bridge's pictures -----------------------------------------------------------------

    @api.model
    def _put_stills(self, items):
        """Store what a bridge sends; a fixed number of statements.

        :param list items: as they came
        :return: (how many were stored, ids of the cameras whose picture was refused)
        """
        found, refused = {}, set()
        for item in items:
            try:
                camera, at, image, size = bridge_items.still(item)
            except bridge_items.Bad:
                camera = item.get("camera") if isinstance(item, dict) else None
                if type(camera) is int and 0 < camera <= bridge_items.MAX_INT:
                    refused.add(camera)
                continue
            if camera not in found or found[camera][0] < at:
                found[camera] = (at, image.encode(), size)
        if not found:
            return 0, sorted(refused)
        self.env["yst.video.camera"].flush_model(["state"])
        stored = self.env.execute_query(
            SQL(
                """INSERT INTO yst_video_still AS s (camera_id, taken_at, image, size,
                                                     create_uid, create_date, write_uid, write_date)
                        SELECT c.id, given.at, given.image, given.size,
                               %(uid)s, %(now)s, %(uid)s, %(now)s
                          FROM unnest(%(cameras)s::int[], %(at)s::timestamp[], %(images)s::bytea[],
                                      %(sizes)s::int[]) AS given(camera, at, image, size)
                          JOIN yst_video_camera c ON c.id = given.camera
                                                 AND c.state IN ('active', 'maintenance')
                   ON CONFLICT (camera_id) DO UPDATE
                           SET taken_at = EXCLUDED.taken_at, image = EXCLUDED.image,
                               size = EXCLUDED.size, write_date = EXCLUDED.write_date
                         WHERE s.taken_at IS NULL OR s.taken_at < EXCLUDED.taken_at
                            OR s.taken_at > %(soon)s
                     RETURNING camera_id""",
                uid=self.env.uid,
                now=fields.Datetime.now(),
                # a clock that was wrong for a while does not keep the picture for ever
                soon=fields.Datetime.now() + timedelta(minutes=5),
                cameras=list(found),
                at=[at for at, _image, _size in found.values()],
                images=[psycopg2.Binary(image) for _at, image, _size in found.values()],
                sizes=[size for _at, _image, size in found.values()],
            )
        )
        self.invalidate_model()
        taken = {camera for (camera,) in stored}
        return len(taken), sorted(refused | (found.keys() - taken))

    # -- what is looked at -----------------------------------------------------------------------

    @api.model
    def _want(self, cameras):
        """Somebody looks at these cameras: their bridges are asked for pictures for 30 seconds.

        Written at most every 15 seconds a camera, and not at all while another request does it.
        """
        now = fields.Datetime.now()
        self.env.cr.execute(
            SQL(
                """WITH wanted AS (
                       SELECT c.id FROM unnest(%(cameras)s::int[]) AS c(id)
                        WHERE NOT EXISTS (SELECT FROM yst_video_still s
                                           WHERE s.camera_id = c.id AND s.wanted_until > %(soon)s)
                   ), there AS (
                       SELECT s.id, s.camera_id FROM yst_video_still s
                         JOIN wanted ON wanted.id = s.camera_id
                          FOR UPDATE OF s SKIP LOCKED
                   ), changed AS (
                       UPDATE yst_video_still s SET wanted_until = %(until)s
                         FROM there WHERE there.id = s.id
                   )
                   INSERT INTO yst_video_still (camera_id, wanted_until, create_uid, create_date)
                        SELECT id, %(until)s, %(uid)s, %(now)s FROM wanted
                         WHERE NOT EXISTS (SELECT FROM yst_video_still s
                                            WHERE s.camera_id = wanted.id)
                   ON CONFLICT (camera_id) DO NOTHING""",
                cameras=cameras.ids,
                soon=now + timedelta(seconds=WANTED_SECONDS // 2),
                until=now + timedelta(seconds=WANTED_SECONDS),
                uid=self.env.uid,
                now=now,
            )
        )
        self.invalidate_model(["wanted_until"])

    @api.model
    def _wanted(self, camera_ids):
        """Those of the cameras that somebody looks at now, sorted; one statement."""
        stills = self.sudo().search_fetch(
            [("wanted_until", ">=", fields.Datetime.now()), ("camera_id", "in", camera_ids)],
            ["camera_id"],
        )
        return sorted(stills.camera_id.ids)
