from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.yst_base import append_only

#: A second look at the same within this time adds no line.
QUIET = timedelta(minutes=10)

#: Why pictures of public places may be looked at; the note says more.
PURPOSES = [
    ("duty", "Daily watch"),
    ("alert", "Verifying an alert"),
    ("order", "Handling an order"),
    ("inspection", "Inspection of an area"),
    ("maintenance", "Care of the cameras"),
    ("footage", "Footage request"),
    ("other", "Other"),
]


class VideoViewLog(models.Model):
    """Who looked at which picture, when and why (调看登记), one line a look.

    Regulation on public security video systems (公共安全视频图像信息系统管理条例), article 16:
    whoever looks up pictures is registered. Written once: no right, no superuser and no SQL
    statement of the application changes or removes a line; a trigger of the database refuses it.
    A wall that is refreshed every few seconds would bury the looks that matter, therefore the
    same user, camera, kind and record leave one line in ten minutes (`QUIET`).
    """

    _name = "yst.video.view.log"
    _description = "Picture Looked At"
    _order = "id desc"
    _rec_name = "camera_id"
    _log_access = False

    user_id = fields.Many2one(
        "res.users", "Who", required=True, readonly=True, ondelete="restrict"
    )
    at = fields.Datetime("When", required=True, readonly=True, index=True)
    camera_id = fields.Many2one(
        "yst.video.camera", "Camera", required=True, readonly=True, index=True, ondelete="restrict"
    )
    what = fields.Selection(
        [
            ("wall", "Wall"),
            ("still", "Latest picture"),
            ("live", "Live picture"),
            ("snapshot", "Picture of an alert"),
            ("clip", "Clip of an alert"),
            ("clip_copy", "Clip of an alert, downloaded"),
            ("footage", "Footage handed out"),
            ("export", "Picture made unrecognisable for handing out"),
            ("clip_export", "Clip made unrecognisable for handing out"),
        ],
        required=True,
        readonly=True,
    )
    purpose = fields.Selection(PURPOSES, required=True, readonly=True)
    note = fields.Char("In words", readonly=True)
    res_model = fields.Char("Model", readonly=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", readonly=True)
    ip = fields.Char("Address", readonly=True)

    _recent_idx = models.Index("(user_id, at DESC)")

    def init(self):
        """Let the database itself refuse changes."""
        append_only.refuse_changes(self.env.cr, self._table, "lines of the register")

    # ------------------------------------------------------------------ CRUD
    @api.model_create_multi
    def create(self, vals_list):
        """Who, when and from where are taken from the session, whatever the caller says."""
        address = request.httprequest.remote_addr if request else False
        now = fields.Datetime.now()
        return super().create(
            [{**vals, "user_id": self.env.uid, "at": now, "ip": address} for vals in vals_list]
        )

    def write(self, vals):
        raise UserError(self.env._("Lines of this register cannot be changed."))

    def unlink(self):
        raise UserError(self.env._("Lines of this register cannot be removed."))

    def copy(self, default=None):
        raise UserError(self.env._("Lines of this register cannot be copied."))

    # ------------------------------------------------------------------ for other models
    @api.model
    def _look(self, cameras, what, purpose, note=None, record=None):
        """Write down that the user looks at pictures; two statements however many cameras.

        :param cameras: yst.video.camera
        :param what: key of the field ``what``
        :param purpose: one of `PURPOSES`
        :param note: the purpose in words
        :param record: what was looked at, when it is more than the camera
        :return: the new lines (sudo); none when the same was looked at a moment ago
        """
        log = self.sudo()
        if not cameras:
            return log.browse()
        target = (record._name, record.id) if record else (False, False)
        seen = log.search_fetch(
            [
                ("user_id", "=", self.env.uid),
                ("at", ">", fields.Datetime.now() - QUIET),
                ("camera_id", "in", cameras.ids),
                ("what", "=", what),
                ("purpose", "=", purpose),
                ("res_model", "=", target[0]),
                ("res_id", "=", target[1]),
            ],
            ["camera_id"],
        )
        line = {
            "what": what,
            "purpose": purpose,
            "note": note or False,
            "res_model": target[0],
            "res_id": target[1],
        }
        return log.create(
            [{**line, "camera_id": camera.id} for camera in cameras - seen.camera_id]
        )
