from datetime import datetime, timedelta, timezone

from odoo import api, fields, models
from odoo.tools import SQL

from .. import bridge_items, lease_split
from .yst_video_bridge import ALIVE_SECONDS, GONE_SECONDS

LOCK = 0x597374566964  # "YstVid": leases are dealt out by one transaction at a time


class YstVideoBridge(models.Model):
    """Which bridge holds which cameras (摄像头租约), and what it says about them."""

    _inherit = "yst.video.bridge"

    def _heartbeat(self, values, held, cameras):
        """Note that the bridge lives, what it says about its cameras, and answer its lease.

        A fixed number of statements, however many cameras.

        :param dict values: of the bridge's own fields
        :param list held: ids of the cameras it reads
        :param list cameras: items as they came
        :return: dict as ``video_bridge/openapi.yaml`` says
        """
        self.ensure_one()
        self.write({**values, "last_seen": fields.Datetime.now()})
        self.env.flush_all()
        lease, given = self._renew_lease(held, values.get("capacity") or 0)
        refused = self._note_health(cameras)
        moment = datetime.now(timezone.utc).replace(tzinfo=None)
        return {
            "revision": self.env["yst.video.revision"]._current(),
            "server_time": _rfc3339(moment),
            "lease": {"cameras": lease, "ttl": ALIVE_SECONDS},
            "episodes": self._open_episodes(given),
            "stills": self.env["yst.video.still"]._wanted(lease),
            "refused": refused,
        }

    def _renew_lease(self, held, capacity):
        """Deal out the cameras anew, as far as this bridge is concerned.

        :param list held: ids of the cameras it reads
        :param int capacity: how many it takes at most, 0 for no limit
        :return: (ids of its cameras, ids of those it did not read before), each sorted
        """
        self.ensure_one()
        self.env.cr.execute(SQL("SELECT pg_advisory_xact_lock(%s)", LOCK))
        rows = self.env.execute_query(
            SQL(
                """SELECT c.id, h.bridge_id, h.lease_until >= %s
                     FROM yst_video_camera c
                     LEFT JOIN yst_video_camera_health h ON h.camera_id = c.id
                    WHERE c.state IN ('active', 'maintenance') AND c.has_stream
                 ORDER BY c.id""",
                fields.Datetime.now(),
            )
        )
        mine = [camera for camera, bridge, valid in rows if valid and bridge == self.id]
        free = [camera for camera, _bridge, valid in rows if not valid]
        quota = lease_split.quotas(len(rows), {**self._alive(), self.id: capacity})[self.id]
        lease, surplus = lease_split.choose(quota, mine, free, held)
        given = sorted(set(lease) - set(held))
        self._store_lease(lease, given)
        self._forget_gone()
        self._let_go(surplus)
        return lease, given

    @api.model
    def _alive(self):
        """{id: capacity} of the bridges that reported lately."""
        since = fields.Datetime.now() - timedelta(seconds=ALIVE_SECONDS)
        rows = self.search_fetch([("last_seen", ">=", since)], ["capacity"])
        return {bridge.id: bridge.capacity for bridge in rows}

    def _store_lease(self, lease, given):
        """Lease cameras to the bridge; of those newly given nothing is known yet."""
        self.env.cr.execute(
            SQL(
                """INSERT INTO yst_video_camera_health AS h
                               (camera_id, bridge_id, lease_until, online, since, updated_at)
                        SELECT camera, %(bridge)s, %(until)s, FALSE, %(now)s, %(now)s
                          FROM unnest(%(lease)s::int[]) AS leased(camera)
                   ON CONFLICT (camera_id) DO UPDATE
                           SET bridge_id = EXCLUDED.bridge_id,
                               lease_until = EXCLUDED.lease_until,
                               online = h.online AND NOT h.camera_id = ANY(%(given)s::int[]),
                               since = CASE
                                   WHEN h.online AND h.camera_id = ANY(%(given)s::int[])
                                   THEN EXCLUDED.since ELSE h.since END""",
                bridge=self.id,
                until=fields.Datetime.now() + timedelta(seconds=ALIVE_SECONDS),
                now=fields.Datetime.now(),
                lease=lease,
                given=given,
            )
        )
        self._forget_cached_health()

    def _let_go(self, cameras=None):
        """Take cameras away from these bridges: all of them, or those named."""
        self.env.cr.execute(
            SQL(
                """UPDATE yst_video_camera_health
                      SET bridge_id = NULL, lease_until = NULL, online = FALSE,
                          since = CASE WHEN online THEN %s ELSE since END
                    WHERE bridge_id = ANY(%s) %s""",
                fields.Datetime.now(),
                self.ids,
                SQL() if cameras is None else SQL("AND camera_id = ANY(%s)", cameras),
            )
        )
        self._forget_cached_health()

    @api.model
    def _forget_gone(self):
        """Of cameras whose bridge is gone nothing is known: they are online no longer."""
        self.env.cr.execute(
            SQL(
                """UPDATE yst_video_camera_health SET online = FALSE, since = %s
                    WHERE online AND (lease_until IS NULL OR lease_until < %s)""",
                fields.Datetime.now(),
                fields.Datetime.now() - timedelta(seconds=GONE_SECONDS - ALIVE_SECONDS),
            )
        )
        self._forget_cached_health()

    @api.model
    def _cron_forget_gone(self):
        self._forget_gone()

    def _note_health(self, items):
        """Store what the bridge says about its cameras, in one statement.

        :return: ids of the cameras whose health was not taken
        """
        self.ensure_one()
        rows, refused = {}, set()
        for item in items:
            try:
                health = bridge_items.health(item)
            except bridge_items.Bad:
                camera = item.get("id") if isinstance(item, dict) else None
                if type(camera) is int and 0 < camera <= bridge_items.MAX_INT:
                    refused.add(camera)
                continue
            rows[health.camera] = health
        if not rows:
            return sorted(refused)
        names = (
            "online",
            "since",
            "last_frame_at",
            "codec",
            "width",
            "height",
            "keyframe_seconds",
            "keyframe_kb",
            "problem",
        )
        casts = "bool timestamp timestamp text int int float8 float8 text".split()
        columns = [
            SQL("%s::%s[]", [getattr(row, name) for row in rows.values()], SQL(cast))
            for name, cast in zip(names, casts, strict=True)
        ]
        taken = self.env.execute_query(
            SQL(
                """UPDATE yst_video_camera_health h SET %s, updated_at = %s
                     FROM unnest(%s::int[], %s) AS given(camera, %s)
                    WHERE h.camera_id = given.camera AND h.bridge_id = %s
                RETURNING h.camera_id""",
                SQL(", ").join(
                    SQL("%s = given.%s", SQL.identifier(name), SQL.identifier(name))
                    for name in names
                ),
                fields.Datetime.now(),
                list(rows),
                SQL(", ").join(columns),
                SQL(", ").join(SQL.identifier(name) for name in names),
                self.id,
            )
        )
        self._forget_cached_health()
        return sorted(refused | (rows.keys() - {camera for (camera,) in taken}))

    def _open_episodes(self, cameras):
        """Episodes that go on before cameras, for this bridge, which takes them over."""
        self.env.cr.execute(
            SQL(
                """UPDATE yst_video_alert SET keeper_id = %(bridge)s
                    WHERE camera_id = ANY(%(cameras)s) AND episode_state = 'open'
                      AND keeper_id IS DISTINCT FROM %(bridge)s""",
                bridge=self.id,
                cameras=cameras,
            )
        )
        self.env["yst.video.alert"].invalidate_model(["keeper_id"], flush=False)
        alerts = self.env["yst.video.alert"].search_fetch(
            [("camera_id", "in", cameras), ("episode_state", "=", "open")],
            ["uid", "sequence", "camera_id", "rule_id", "kind", "started_at", "last_at"],
            order="id",
        )
        return [
            {
                "uid": alert.uid,
                "sequence": alert.sequence,
                "camera": alert.camera_id.id,
                "rule": alert.rule_id.id or None,
                "kind": alert.kind,
                "started_at": _rfc3339(alert.started_at),
                "last_at": _rfc3339(alert.last_at),
            }
            for alert in alerts
        ]

    @api.model
    def _forget_cached_health(self):
        self.env["yst.video.camera.health"].invalidate_model(flush=False)


def _rfc3339(moment):
    return f"{moment.isoformat(timespec='milliseconds')}Z"
