import json
from collections import Counter

from odoo import api, fields, models
from odoo.tools import SQL

from .. import bridge_items

MAX_MESSAGES = 20  # to one operator about one batch
SILENT_MINUTES = 30
# of an episode, as the newest report says
FOLDED = (
    "sequence",
    "episode_state",
    "started_at",
    "last_at",
    "ended_at",
    "score",
    "count",
    "reading",
    "has_reading",
    "boxes",
    "clip_ref",
    "bridge_id",
)


class YstVideoAlert(models.Model):
    """Reports of the bridges become alerts: batch by batch, each report once."""

    _inherit = "yst.video.alert"

    @api.model
    def _ingest(self, bridge, items):
        """Store a batch of reports about episodes; a fixed number of statements.

        Of two reports about one episode the one with the higher sequence wins, whichever comes
        first. Two transactions that store the same episode at once do not both succeed: the
        second fails to serialize and is run again by the server.

        :param bridge: the ``yst.video.bridge`` that reports
        :param list items: as they came, checked here one by one
        :return: list of one dict (uid, sequence, status, code, message) for each item
        """
        self = self.sudo()
        self.env.flush_all()
        reports = self._checked_reports(items)
        known = self._known_episodes(reports)
        twins = self._twins_of(bridge, reports, known)
        rules = self._rules_of(reports)
        results, rows, pictures = [], {}, []
        for item, report in zip(items, reports, strict=True):
            if isinstance(report, bridge_items.Bad):
                results.append(self._refused(item, report))
                continue
            twin = twins.get(report.uid)
            own = twin.uid if twin else report.uid
            before = known.get(own)
            if before and (before["camera_id"], before["kind"]) != (report.camera, report.kind):
                other = bridge_items.Bad(
                    "other_episode", "this uid is an episode of another camera or kind"
                )
                results.append(self._refused(item, other))
                continue
            status = twin.status(report) if twin else self._status(before, report)
            if status == "stored":
                row = (
                    twin.folded(before, report, bridge)
                    if twin
                    else self._folded(before, report, rules, bridge)
                )
                known[own] = rows[own] = row
            # the boxes are those of its picture; with several, nobody knows of which
            boxes = report.boxes if len(report.pictures) == 1 else []
            pictures += [
                (own, report.sequence, picture, boxes) for picture in report.pictures
            ]
            results.append(
                {
                    "uid": item["uid"],
                    "sequence": item["sequence"],
                    "status": status,
                    "code": None,
                    "message": None,
                }
            )
        self._take_turn(bridge, rows.values())
        Snapshot = self.env["yst.video.snapshot"]
        pictures = Snapshot._unknown(
            pictures, {uid: row["id"] for uid, row in known.items() if row.get("id")}
        )
        with Snapshot._filing(picture for _uid, _sequence, picture, _boxes in pictures) as filed:
            ids = self._store_episodes(rows, Counter(uid for uid, *_rest in pictures))
            self._note_twins(twins.values())
            for uid, row in known.items():
                ids.setdefault(uid, row.get("id"))
            Snapshot._store(
                [(ids[uid], known[uid]["camera_id"], *rest) for uid, *rest in pictures],
                filed,
                counted={ids[uid] for uid in rows},
            )
        self.invalidate_model()
        due = [uid for uid, row in rows.items() if row["order_due"] and not row.get("id")]
        self.browse(ids[uid] for uid in due)._make_orders_at_once()
        self._order_what_goes_on(
            [row["id"] for row in rows.values() if row.get("id") and not row["ended_at"]]
        )
        self._announce(
            [
                {**row, "id": ids[uid]}
                for uid, row in rows.items()
                if not row.get("id") or row["episode_state"] != row["before"]
            ]
        )
        return results

    # -- checking ------------------------------------------------------------------------------

    @api.model
    def _checked_reports(self, items):
        """Each item as a ``Report``, or the ``Bad`` that says why not."""
        reports = []
        for item in items:
            try:
                reports.append(bridge_items.report(item))
            except bridge_items.Bad as bad:
                reports.append(bad)
        wanted = {each.camera for each in reports if not isinstance(each, bridge_items.Bad)}
        areas = dict(
            self.env.execute_query(
                SQL(
                    "SELECT id, area_id FROM yst_video_camera WHERE id = ANY(%s)", sorted(wanted)
                )
            )
        )
        for place, report in enumerate(reports):
            if not isinstance(report, bridge_items.Bad) and report.camera not in areas:
                reports[place] = bridge_items.Bad("unknown_camera", "there is no such camera")
        return reports

    @api.model
    def _refused(self, item, bad):
        uid = item.get("uid") if isinstance(item, dict) else None
        sequence = item.get("sequence") if isinstance(item, dict) else None
        return {
            "uid": uid if isinstance(uid, str) and len(uid) <= 36 and uid.isascii() else None,
            "sequence": sequence
            if type(sequence) is int and abs(sequence) <= bridge_items.MAX_INT
            else None,
            "status": "invalid",
            "code": bad.code,
            "message": bad.message,
        }

    @api.model
    def _known_episodes(self, reports):
        """{uid: row} of the reports' episodes that are in the database; one statement."""
        return self._known_uids(
            {each.uid for each in reports if not isinstance(each, bridge_items.Bad)}
        )

    @api.model
    def _known_uids(self, uids):
        """{uid: row} of the episodes that are in the database; one statement."""
        if not uids:
            return {}
        names = ("id", "uid", "camera_id", "kind", "sequence", "episode_state", "started_at",
                 "last_at", "ended_at", "score", "count", "reading", "has_reading", "boxes",
                 "clip_ref", "bridge_id")
        rows = self.env.execute_query(
            SQL(
                "SELECT %s FROM yst_video_alert WHERE uid = ANY(%s)",
                SQL(", ").join(map(SQL.identifier, names)),
                sorted(uids),
            )
        )
        found = {}
        for row in rows:
            values = dict(zip(names, row, strict=True))
            values["before"] = values["episode_state"]
            values["score"] = float(values["score"] or 0)
            values["reading"] = float(values["reading"] or 0)
            found[values["uid"]] = values
        return found

    @api.model
    def _rules_of(self, reports):
        """{rule: (camera, dispatch)}, those switched off too; one statement."""
        wanted = {
            each.rule for each in reports if not isinstance(each, bridge_items.Bad) and each.rule
        }
        rows = self.env.execute_query(
            SQL(
                "SELECT id, camera_id, dispatch FROM yst_video_rule WHERE id = ANY(%s)",
                sorted(wanted),
            )
        )
        return {rule: (camera, dispatch) for rule, camera, dispatch in rows}

    @api.model
    def _status(self, before, report):
        """stored, duplicate or stale: what a report is beside what is known."""
        if not before or report.sequence > before["sequence"]:
            return "stored"
        if report.sequence < before["sequence"]:
            return "stale"
        # two bridges counted on from the same report: the end of the episode is not lost
        if report.event == "close" and before["episode_state"] == "open":
            return "stored"
        return "duplicate"

    @api.model
    def _folded(self, before, report, rules, bridge):
        """The episode's row after a report that is newer than all before."""
        closed = report.event == "close"
        camera, dispatch = rules.get(report.rule, (None, None))
        row = {
            "uid": report.uid,
            "camera_id": report.camera,
            "rule_id": report.rule if camera == report.camera else None,
            "kind": report.kind,
            "sequence": report.sequence,
            "episode_state": "closed" if closed else "open",
            "started_at": report.started_at,
            "last_at": report.at,
            "ended_at": report.ended_at,
            "score": report.score,
            "count": report.count,
            "reading": report.reading or 0.0,
            "has_reading": report.reading is not None,
            "boxes": report.boxes,
            "clip_ref": report.clip,
            "bridge_id": bridge.id,
            "order_due": dispatch == "at_once" and camera == report.camera,
            "before": None,
        }
        if not before:
            return row
        row.update(id=before.get("id"), before=before["before"])
        row["started_at"] = min(before["started_at"], report.started_at)
        if closed:  # the last report says that nothing is seen any more: what was stays
            row["score"] = row["score"] or before["score"]
            row["count"] = row["count"] or before["count"]
        if not row["has_reading"]:
            row.update(reading=before["reading"], has_reading=before["has_reading"])
        row["boxes"] = row["boxes"] or before["boxes"]
        row["clip_ref"] = row["clip_ref"] or before["clip_ref"]
        if not before.get("id"):  # both in this batch
            row["rule_id"] = row["rule_id"] or before["rule_id"]
            row["order_due"] = row["order_due"] or before["order_due"]
        return row

    # -- storing -------------------------------------------------------------------------------

    @api.model
    def _store_episodes(self, rows, pictures):
        """Write the rows in one statement; {uid: id}.

        :param dict pictures: {uid: how many pictures more it has from now on}
        """
        if not rows:
            return {}
        columns = {
            "uid": "text",
            "camera_id": "int",
            "rule_id": "int",
            "kind": "text",
            "sequence": "int",
            "episode_state": "text",
            "started_at": "timestamp",
            "last_at": "timestamp",
            "ended_at": "timestamp",
            "score": "numeric",
            "count": "int",
            "reading": "numeric",
            "has_reading": "bool",
            "boxes": "jsonb",
            "clip_ref": "text",
            "bridge_id": "int",
            "order_due": "bool",
            "snapshot_count": "int",
        }
        for uid, row in rows.items():
            row["snapshot_count"] = pictures.get(uid, 0)
        given = json.dumps([{name: row[name] for name in columns} for row in rows.values()],
                           default=lambda moment: moment.isoformat())
        names = SQL(", ").join(map(SQL.identifier, columns))
        stored = self.env.execute_query(
            SQL(
                """INSERT INTO yst_video_alert AS a
                          (%(names)s, area_id, judgement, order_attempts,
                           create_uid, create_date, write_uid, write_date)
                   SELECT %(given_names)s, c.area_id, 'pending', 0,
                          %(uid)s, %(now)s, %(uid)s, %(now)s
                     FROM jsonb_to_recordset(%(given)s::jsonb) AS given(%(types)s)
                     JOIN yst_video_camera c ON c.id = given.camera_id
                 ORDER BY given.uid
                   ON CONFLICT (uid) DO UPDATE
                           SET %(folded)s, close_note = NULL,
                               snapshot_count = a.snapshot_count + EXCLUDED.snapshot_count,
                               write_uid = EXCLUDED.write_uid, write_date = EXCLUDED.write_date
                     RETURNING uid, id""",
                names=names,
                given_names=SQL(", ").join(SQL("given.%s", SQL.identifier(n)) for n in columns),
                types=SQL(", ").join(
                    SQL("%s %s", SQL.identifier(name), SQL(kind)) for name, kind in columns.items()
                ),
                folded=SQL(", ").join(
                    SQL("%s = EXCLUDED.%s", SQL.identifier(name), SQL.identifier(name))
                    for name in FOLDED
                ),
                uid=self.env.uid,
                now=fields.Datetime.now(),
                given=given,
            )
        )
        return dict(stored)

    # -- telling the operators -------------------------------------------------------------------

    @api.model
    def _announce(self, rows):
        """Tell the operators of the areas, after the commit, about alerts that began or ended.

        :param list rows: dicts with id, uid, camera_id, kind, episode_state, last_at
        """
        if not rows:
            return
        newest = sorted(rows, key=lambda row: row["last_at"], reverse=True)
        newest.sort(key=lambda row: row["episode_state"] == "closed")
        areas = dict(
            self.env.execute_query(
                SQL(
                    "SELECT id, area_id FROM yst_video_alert WHERE id = ANY(%s)",
                    [row["id"] for row in rows],
                )
            )
        )
        group = self.env.ref("yst_video.group_video_operator")
        operators = self.env["res.users"].sudo().search_fetch(
            [("all_group_ids", "in", group.ids), ("share", "=", False)], ["partner_id"]
        )
        messages = [
            (
                areas[row["id"]],
                {
                    "id": row["id"],
                    "uid": row["uid"],
                    "camera": row["camera_id"],
                    "kind": row["kind"],
                    "state": row["episode_state"],
                    "at": f"{row['last_at'].isoformat(timespec='milliseconds')}Z",
                    "area": areas[row["id"]],
                },
            )
            for row in newest
        ]
        for operator in operators:
            own = set(operator._jurisdiction_area_ids())
            mine = [message for area, message in messages if area in own]
            for message in mine[:MAX_MESSAGES]:
                operator.partner_id._bus_send("yst_video.alert", message)

    # -- episodes that nobody closes -------------------------------------------------------------

    @api.model
    def _cron_close_silent(self):
        """Close episodes of cameras about which nothing has been heard for 30 minutes, and those
        that were silent for as long and whose camera another bridge has, which knows nothing of
        them: that one reports every five minutes what it goes on with.

        A later report about the episode opens it again.
        """
        closed = self.env.execute_query(
            SQL(
                """UPDATE yst_video_alert a
                      SET episode_state = 'closed', ended_at = a.last_at, close_note = %(note)s,
                          write_date = %(now)s
                     FROM yst_video_camera c
                     LEFT JOIN yst_video_camera_health h ON h.camera_id = c.id
                    WHERE a.camera_id = c.id AND a.episode_state = 'open'
                      AND a.last_at < %(since)s AND a.write_date < %(since)s
                      AND (h.updated_at IS NULL OR h.updated_at < %(since)s
                           OR h.lease_until IS NULL OR h.lease_until < %(since)s
                           OR c.state IN ('planned', 'retired')
                           OR COALESCE(a.keeper_id, a.bridge_id) != h.bridge_id)
                RETURNING a.id, a.uid, a.camera_id, a.kind, a.episode_state, a.last_at""",
                note=self._in_office_language().env._(
                    "Nothing was heard of the camera for %s minutes.", SILENT_MINUTES
                ),
                now=fields.Datetime.now(),
                since=fields.Datetime.subtract(fields.Datetime.now(), minutes=SILENT_MINUTES),
            )
        )
        self.invalidate_model()
        names = ("id", "uid", "camera_id", "kind", "episode_state", "last_at")
        self.sudo()._announce([dict(zip(names, row, strict=True)) for row in closed])

    @api.model
    def _in_office_language(self):
        """Itself in the language in which the office keeps its records: Chinese.

        A bridge's request has no language of its own, and what is written in it is stored.
        """
        if self.env["res.lang"]._get_data(code="zh_CN"):
            return self.with_context(lang="zh_CN")
        return self.with_context(lang=self.env.company.sudo().partner_id.lang)
