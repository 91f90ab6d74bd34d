import json
from dataclasses import dataclass, field
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .. import bridge_items

#: An episode that goes on is reported at least every five minutes: it reaches that far, and a
#: little further, past its last report.
REACH = timedelta(minutes=6)


@dataclass(slots=True)
class Twins:
    """An alert that several bridges report, each under an identity of its own."""

    uid: str
    sequences: dict[str, int]
    holder: int | None = None
    """The bridge that has the camera."""
    keeper: int | None = None
    """The bridge that was told to go on with the alert."""
    changed: bool = field(default=False)

    def status(self, report):
        """stored, duplicate or stale: each identity has its own numbers."""
        newest = self.sequences.get(report.uid, -1)
        if report.sequence == newest:
            return "duplicate"
        return "stored" if report.sequence > newest else "stale"

    def folded(self, before, report, bridge):
        """The alert's row after a report under its other identity.

        The alert keeps its own number and bridge. Whether it goes on is said by the bridge that
        goes on with it; where that one has lost the camera, by the one that has it.
        """
        self.sequences[report.uid] = report.sequence
        self.changed = True
        row = {"rule_id": None, "order_due": False, **before}
        row["started_at"] = min(before["started_at"], report.started_at)
        row["last_at"] = max(before["last_at"], report.at)
        row["score"] = max(before["score"], report.score)
        row["count"] = max(before["count"] or 0, report.count)
        if report.reading is not None and not before["has_reading"]:
            row.update(reading=report.reading, has_reading=True)
        row["boxes"] = before["boxes"] or report.boxes
        row["clip_ref"] = before["clip_ref"] or report.clip
        if self.holder == bridge.id != (self.keeper or before["bridge_id"]):
            closed = report.event == "close"
            row["episode_state"] = "closed" if closed else "open"
            row["ended_at"] = row["last_at"] if closed else None
        elif before["ended_at"]:
            row["ended_at"] = row["last_at"]
        return row


class YstVideoAlert(models.Model):
    """What two bridges saw of one episode is one alert.

    A bridge that is cut off from the platform goes on reading its cameras, so that nothing is
    missed; meanwhile another one gets them. What both report of one rule at one time is put
    together here: the first report makes the alert, the other's identity is remembered with it.
    """

    _inherit = "yst.video.alert"

    twins = fields.Json(
        "Other identities",
        readonly=True,
        copy=False,
        help="Identities under which other bridges reported the same episode, each with the "
        "number of its newest report.",
    )

    keeper_id = fields.Many2one(
        "yst.video.bridge",
        "Gone on with by",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The bridge that took the camera over while the episode was going on.",
    )

    _twins_idx = models.Index("USING gin (twins) WHERE twins IS NOT NULL")

    @api.model
    def _of_identity(self, uid):
        """The alert of an episode, under whichever identity a bridge reported it; empty if none."""
        self.flush_model(["uid", "twins"])
        return self.browse(
            row[0]
            for row in self.env.execute_query(
                SQL(
                    """(SELECT id, 0 AS rank FROM yst_video_alert WHERE uid = %(uid)s)
                       UNION ALL
                       (SELECT id, 1 FROM yst_video_alert
                         WHERE twins IS NOT NULL AND twins ? %(uid)s)
                       ORDER BY rank, id LIMIT 1""",
                    uid=uid,
                )
            )
        )

    @api.model
    def _twins_of(self, bridge, reports, known):
        """Alerts to which episodes belong that are not known by their own identity.

        Either they were put there before, or another bridge has an alert of the same rule at the
        same time, or one that ended within the rule's cooldown and was not judged false. One
        statement, and none when all are known.

        :param bridge: the ``yst.video.bridge`` that reports
        :param dict known: {uid: row}; the rows of the alerts found are put in
        :return: {uid: ``Twins``}
        """
        spans = _spans(each for each in reports if not isinstance(each, bridge_items.Bad)
                       and each.uid not in known)
        if not spans:
            return {}
        rows = self.env.execute_query(
            SQL(
                # what was put there before is looked up for all at once: the index on the keys of
                # `twins` is not asked one by one. `IS NOT DISTINCT FROM` keeps the planner from
                # the index on kinds, where there are few cameras' alerts among very many
                """WITH noted AS MATERIALIZED (
                          SELECT t.id, each.uid
                            FROM yst_video_alert t, jsonb_object_keys(t.twins) AS each(uid)
                           WHERE t.twins IS NOT NULL AND t.twins ?| %(uids)s)
                   SELECT given.uid, a.uid, a.twins, h.bridge_id, a.keeper_id
                     FROM jsonb_to_recordset(%(given)s::jsonb) AS given(
                          uid text, camera int, rule int, kind text, begun timestamp,
                          until timestamp)
               CROSS JOIN LATERAL (
                          (SELECT noted.id, 0 AS rank, now()::timestamp AS started_at
                             FROM noted WHERE noted.uid = given.uid
                            LIMIT 1)
                          UNION ALL
                          (SELECT b.id, CASE WHEN b.episode_state = 'open' THEN 1 ELSE 2 END,
                                  b.started_at
                             FROM yst_video_alert b JOIN yst_video_rule r ON r.id = b.rule_id
                            WHERE EXISTS (SELECT FROM yst_video_bridge o WHERE o.id != %(bridge)s)
                              AND b.camera_id = given.camera AND b.rule_id = given.rule
                              AND b.kind IS NOT DISTINCT FROM given.kind
                              AND b.bridge_id IS DISTINCT FROM %(bridge)s
                              AND (b.episode_state = 'open'
                                   OR b.started_at >= given.begun - interval '1 day')
                              AND (b.started_at <= given.until
                                   AND COALESCE(b.ended_at, b.last_at + %(reach)s) >= given.begun
                                   OR b.judgement != 'false'
                                   AND b.started_at <=
                                       given.until + r.cooldown * interval '1 second'
                                   AND b.ended_at >=
                                       given.begun - r.cooldown * interval '1 second'))
                          ORDER BY rank, started_at DESC
                          LIMIT 1) AS found
                     JOIN yst_video_alert a ON a.id = found.id
                LEFT JOIN yst_video_camera_health h ON h.camera_id = a.camera_id""",
                given=json.dumps(spans, default=lambda moment: moment.isoformat()),
                uids=[span["uid"] for span in spans],
                bridge=bridge.id,
                reach=REACH,
            )
        )
        found, result = {}, {}
        for uid, own, sequences, holder, keeper in rows:
            result[uid] = found.setdefault(
                own, Twins(own, dict(sequences or {}), holder, keeper)
            )
        for own, row in self._known_uids(found.keys() - known.keys()).items():
            known[own] = row
        return result

    @api.model
    def _take_turn(self, bridge, rows):
        """Of two bridges that report one event in the same moment the second fails to serialize,
        is run again by the server and finds the alert of the first.

        One statement where there are several bridges and new alerts, else none.

        :param bridge: the ``yst.video.bridge`` that reports
        :param rows: of the episodes that are stored now
        """
        rules = {row["rule_id"] for row in rows if not row.get("id") and row["rule_id"]}
        if rules:
            self.env.cr.execute(
                SQL(
                    """UPDATE yst_video_rule SET active = active
                        WHERE id IN (SELECT id FROM yst_video_rule
                                      WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE)
                          AND EXISTS (SELECT FROM yst_video_bridge o WHERE o.id != %s)""",
                    sorted(rules),
                    bridge.id,
                )
            )

    @api.model
    def _note_twins(self, twins):
        """Remember which identities belong to which alerts; one statement."""
        changed = {each.uid: each.sequences for each in twins if each.changed}
        if changed:
            self.env.cr.execute(
                SQL(
                    """UPDATE yst_video_alert a SET twins = given.value
                         FROM jsonb_each(%s::jsonb) AS given WHERE a.uid = given.key""",
                    json.dumps(changed),
                )
            )


def _spans(reports):
    """When each of the reports' episodes took place, as far as they say; those with a rule, and
    those without, which can only have been put somewhere before."""
    spans = {}
    for report in reports:
        over = report.event == "close"
        until = report.at if over else report.at + REACH
        span = spans.setdefault(
            report.uid,
            {"uid": report.uid, "camera": report.camera, "rule": report.rule,
             "kind": report.kind, "begun": report.started_at, "until": until, "over": over},
        )
        span["begun"] = min(span["begun"], report.started_at)
        if over or not span["over"]:
            span["until"] = until if over else max(span["until"], until)
            span["over"] = over
    return list(spans.values())
