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
    def _store(self, rows):
        """Store pictures of alerts, those that are there already left out.

        The files are written without being decoded; a fixed number of statements for up to a
        hundred.

        :param list rows: (alert id, camera id, sequence, ``bridge_items.Picture``, boxes in it)
        """
        given = {}
        for alert, camera, sequence, picture, boxes in rows:
            given.setdefault(
                (alert, picture.at, picture.sha256), (camera, sequence, picture, boxes)
            )
        if not given:
            return
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
                RETURNING id, alert_id, taken_at, sha256""",
                uid=self.env.uid,
                now=fields.Datetime.now(),
                alerts=[key[0] for key in given],
                at=[key[1] for key in given],
                hashes=[key[2] for key in given],
                cameras=[row[0] for row in given.values()],
                sequences=[row[1] for row in given.values()],
                widths=[row[2].width for row in given.values()],
                heights=[row[2].height for row in given.values()],
                sizes=[len(row[2].data) for row in given.values()],
                boxes=[json.dumps(row[3]) for row in given.values()],
            )
        )
        if not stored:
            return
        self._attach({key[0]: given[key[1:]][2].data for key in stored})
        self.env.cr.execute(
            SQL(
                """UPDATE yst_video_alert a SET snapshot_count = snapshot_count + added.number
                     FROM (SELECT alert, COUNT(*) AS number FROM unnest(%s::int[]) AS s(alert)
                         GROUP BY alert) AS added
                    WHERE a.id = added.alert""",
                [alert for _id, alert, _at, _sha256 in stored],
            )
        )
        self.invalidate_model()

    @api.model
    def _attach(self, pictures):
        """Keep pictures as the attachments of ``image``, as the ORM would: by SQL, which is four
        times as fast, where attachments are files; any other storage has the ORM's word.

        :param dict pictures: {snapshot id: bytes}
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
        if attachments._storage() != "file":
            # `image_no_postprocess`: a picture of evidence stays as it came, byte by byte
            attachments.with_context(image_no_postprocess=True).create(
                [{**common, "res_id": one, "raw": data} for one, data in pictures.items()]
            )
            return
        # the clean-up of files that nothing refers to waits until the attachments are there
        self.env.cr.execute("LOCK TABLE ir_attachment IN ROW EXCLUSIVE MODE")
        checksums, names = self._write_files(pictures.values())
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
                list(pictures),
                [len(data) for data in pictures.values()],
                checksums,
                names,
            )
        )
        attachments.invalidate_model()

    @api.model
    def _write_files(self, pictures):
        """Put pictures into the file store together: one wait for the disk.

        :param pictures: bytes of each
        :return: (list of checksums, list of names in the file store), in the order given
        :raise OSError: the disk is full or fails
        """
        attachments = self.env["ir.attachment"]
        files, checksums, names = {}, [], []
        for data in pictures:
            checksum = attachments._compute_checksum(data)
            name, path = attachments._get_path(data, checksum)
            checksums.append(checksum)
            names.append(name)
            if path not in files:
                # also what lies there already: an earlier try may have failed to make it durable
                attachments._mark_for_gc(name)
                files[path] = data
        picture_files.write_all(files)
        return checksums, names
