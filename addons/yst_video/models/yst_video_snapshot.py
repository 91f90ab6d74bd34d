import contextlib
import json

from odoo import api, fields, models
from odoo.tools import SQL

from .. import picture_files


class YstVideoSnapshot(models.Model):
    """A picture that shows what an alert is about (告警抓图).

    Nobody reads the picture through the ORM: it leaves by the route that records who looked.
    """

    _name = "yst.video.snapshot"
    _description = "Picture of an alert"
    _order = "taken_at, id"
    _rec_name = "taken_at"

    alert_id = fields.Many2one(
        "yst.video.alert", required=True, readonly=True, ondelete="cascade"  # see _once
    )
    camera_id = fields.Many2one(
        "yst.video.camera", required=True, readonly=True, index=True, ondelete="restrict"
    )
    sequence = fields.Integer(readonly=True, help="Of the report that it came with.")
    taken_at = fields.Datetime(required=True, readonly=True, index=True)
    sha256 = fields.Char("SHA-256", required=True, readonly=True)
    width = fields.Integer(readonly=True)
    height = fields.Integer(readonly=True)
    size = fields.Integer(readonly=True, help="Bytes.")
    boxes = fields.Json(
        readonly=True, help="What was found in this very picture, in fractions of it."
    )
    image = fields.Binary(attachment=True, readonly=True, groups=fields.NO_ACCESS)
    kept = fields.Boolean(
        readonly=True, help="Evidence of a case: not deleted when the retention period ends."
    )

    _once = models.UniqueIndex("(alert_id, taken_at, sha256)")

    @api.model
    def _unknown(self, pictures, alerts):
        """Those of the pictures that are not there yet, each once; one statement.

        :param list pictures: (uid of the alert, sequence, ``bridge_items.Picture``, boxes in it)
        :param dict alerts: {uid: id} of the alerts that are there already
        """
        given = {}
        for row in pictures:
            given.setdefault((row[0], row[2].at, row[2].sha256), row)
        asked = {alerts[uid]: uid for uid, _at, _sha256 in given if uid in alerts}
        if asked:
            for alert, at, sha256 in self.env.execute_query(
                SQL(
                    """SELECT alert_id, taken_at, sha256 FROM yst_video_snapshot
                        WHERE alert_id = ANY(%s) AND sha256 = ANY(%s)""",
                    list(asked),
                    [sha256 for uid, _at, sha256 in given if uid in alerts],
                )
            ):
                given.pop((asked[alert], at, sha256), None)
        return list(given.values())

    @api.model
    @contextlib.contextmanager
    def _filing(self, pictures):
        """Put pictures into the file store meanwhile; yields what waits until they are on the disk.

        That is a function that says {SHA-256: (checksum, name in the store)} and raises OSError
        where the disk is full or fails. It is None where attachments are no files.

        :param pictures: ``bridge_items.Picture`` of each
        """
        attachments = self.env["ir.attachment"]
        files = {picture.sha256: picture.data for picture in pictures}
        if not files or attachments._storage() != "file":
            yield None
            return
        # the clean-up of files that nothing refers to waits until the attachments are there
        self.env.cr.execute("LOCK TABLE ir_attachment IN ROW EXCLUSIVE MODE")
        with picture_files.beside(
            picture_files.file_all,
            attachments._filestore(),
            files,
            attachments._compute_checksum,
            attachments._get_path,  # which does not ask the database
        ) as filed:
            yield filed

    @api.model
    def _store(self, rows, filed, counted=()):
        """Store pictures of alerts; a fixed number of statements.

        :param list rows: (alert id, camera id, sequence, ``bridge_items.Picture``, boxes in it),
            none of them there already
        :param filed: what ``_filing`` gave for them
        :param counted: ids of the alerts whose number of pictures counts these already
        :raise OSError: the disk is full or fails
        """
        if not rows:
            return
        # one that another transaction stored at the same moment fails to serialize
        stored = self.env.execute_query(
            SQL(
                """INSERT INTO yst_video_snapshot
                          (alert_id, taken_at, sha256, camera_id, sequence, width, height, size,
                           boxes, create_uid, create_date, write_uid, write_date)
                   SELECT given.*, %(uid)s, %(now)s, %(uid)s, %(now)s
                     FROM unnest(%(alerts)s::int[], %(at)s::timestamp[], %(hashes)s::text[],
                                 %(cameras)s::int[], %(sequences)s::int[], %(widths)s::int[],
                                 %(heights)s::int[], %(sizes)s::int[],
                                 %(boxes)s::jsonb[]) AS given
              ON CONFLICT (alert_id, taken_at, sha256) DO NOTHING
                RETURNING id, sha256""",
                uid=self.env.uid,
                now=fields.Datetime.now(),
                alerts=[alert for alert, *_rest in rows],
                at=[picture.at for *_rest, picture, _boxes in rows],
                hashes=[picture.sha256 for *_rest, picture, _boxes in rows],
                cameras=[camera for _alert, camera, *_rest in rows],
                sequences=[sequence for _alert, _camera, sequence, *_rest in rows],
                widths=[picture.width for *_rest, picture, _boxes in rows],
                heights=[picture.height for *_rest, picture, _boxes in rows],
                sizes=[len(picture.data) for *_rest, picture, _boxes in rows],
                boxes=[json.dumps(boxes) for *_rest, boxes in rows],
            )
        )
        data = {picture.sha256: picture.data for *_rest, picture, _boxes in rows}
        self._attach([(one, sha256, data[sha256]) for one, sha256 in stored], filed)
        late = [alert for alert, *_rest in rows if alert not in counted]
        if late:
            self.env.cr.execute(
                SQL(
                    """UPDATE yst_video_alert a SET snapshot_count = snapshot_count + added.number
                         FROM (SELECT alert, COUNT(*) AS number FROM unnest(%s::int[]) AS s(alert)
                             GROUP BY alert) AS added
                        WHERE a.id = added.alert""",
                    late,
                )
            )
        self.invalidate_model()

    @api.model
    def _attach(self, pictures, filed):
        """Keep pictures as the attachments of ``image``, as the ORM would: by SQL, which is four
        times as fast, where attachments are files; any other storage has the ORM's word.

        :param list pictures: (snapshot id, SHA-256, data)
        :param filed: what ``_filing`` gave for them
        :raise OSError: the disk is full or fails
        """
        attachments = self.env["ir.attachment"]
        common = {
            "name": "image",
            "res_model": self._name,
            "res_field": "image",
            "type": "binary",
            "mimetype": "image/jpeg",
        }
        if not filed:
            # `image_no_postprocess`: a picture of evidence stays as it came, byte by byte
            attachments.with_context(image_no_postprocess=True).create(
                [{**common, "res_id": one, "raw": bytes(data)} for one, _sha256, data in pictures]
            )
            return
        names = filed()
        fixed = {
            **common,
            "company_id": self.env.company.id,
            "create_uid": self.env.uid,
            "create_date": self.env.cr.now(),
            "write_uid": self.env.uid,
            "write_date": self.env.cr.now(),
        }
        self.env.cr.execute(
            SQL(
                """INSERT INTO ir_attachment (res_id, file_size, checksum, store_fname, %s)
                        SELECT given.*, %s
                          FROM unnest(%s::int[], %s::int[], %s::text[], %s::text[]) AS given""",
                SQL(", ").join(map(SQL.identifier, fixed)),
                SQL(", ").join(SQL("%s", value) for value in fixed.values()),
                [one for one, _sha256, _data in pictures],
                [len(data) for _one, _sha256, data in pictures],
                [names[sha256][0] for _one, sha256, _data in pictures],
                [names[sha256][1] for _one, sha256, _data in pictures],
            )
        )
        attachments.invalidate_model()
