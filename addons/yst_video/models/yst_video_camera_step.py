import base64
import secrets

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.yst_base import qr

CARD_PREFIX = "YST1C:"
TOKEN_BYTES = 15  # 24 characters of base32


class VideoCamera(models.Model):
    """The steps of a camera's life, and the QR card that binds it to a stream."""

    _inherit = "yst.video.camera"

    def action_activate(self):
        """Take planned cameras into use; each needs a stream.

        :raise UserError: one has no stream, or is not planned
        """
        self._check_group("yst_video.group_video_manager")
        self._check_stream()
        self._transition("active", "planned", {"installed_at": fields.Datetime.now()})
        return True

    def action_start_maintenance(self, reason):
        """Take cameras out of watching: stills go on, rules rest until it is over.

        :param str reason: shown to everybody who looks at the camera
        :raise UserError: without a reason, or the camera is not in use
        """
        reason = self._stripped(reason)
        if not reason:
            raise UserError(self.env._("Say why the camera is being maintained."))
        self._as_operator()._transition(
            "maintenance",
            "active",
            {"maintenance_reason": reason, "maintenance_since": fields.Datetime.now()},
            self.env._("In maintenance: %s", reason),
        )
        return True

    def action_end_maintenance(self):
        """The camera is watched again."""
        self._as_operator()._transition(
            "active", "maintenance", {"maintenance_reason": False, "maintenance_since": False}
        )
        return True

    def action_retire(self):
        """Take cameras out of use for good; their record and alerts stay."""
        self._check_group("yst_video.group_video_manager")
        self._transition(
            "retired",
            ("planned", "active", "maintenance"),
            {"install_token": False, "maintenance_reason": False, "maintenance_since": False},
        )
        return True

    def action_ask_maintenance(self):
        """Ask for the reason, then start."""
        self._as_operator()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "yst_video.action_maintenance"
        )
        return {**action, "context": {"default_camera_ids": self.ids}}

    def action_print_card(self):
        """The QR cards (安装二维码卡) to be held before the lenses of these cameras.

        :raise UserError: a camera has its stream already, or is retired
        """
        self._check_group("yst_video.group_video_manager")
        self._ensure_install_token()
        return self.env.ref("yst_video.report_camera_card").report_action(self)

    def action_open_alerts(self):
        """The alerts of the camera."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("yst_video.action_alert")
        return {**action, "domain": [("camera_id", "=", self.id)], "context": {}}

    def action_open_live(self):
        """The live view on the wall, which asks for the purpose and writes down who looks.

        :raise UserError: no gateway is set
        """
        self.ensure_one()
        self._as_operator()
        if not self.live_url:
            raise UserError(self.env._("No media gateway is set: live view is not available."))
        return {
            "type": "ir.actions.client",
            "tag": "yst_video.wall",
            "name": self.env._("Video wall"),
            "params": {"camera": self.id},
        }

    def action_make_zone(self):
        """Draw a new zone on the picture."""
        self.ensure_one()
        self._check_group("yst_video.group_video_manager")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New zone"),
            "res_model": "yst.video.zone",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_camera_id": self.id},
        }

    # -- the card ------------------------------------------------------------------------------

    def _ensure_install_token(self):
        """Give each camera that waits for its stream the secret of its QR card, once."""
        self.check_access("write")
        self._lock_state()
        self.invalidate_recordset(["install_token", "has_stream", "state"])
        for camera in self:
            if camera.state == "retired":
                raise UserError(self.env._("%s is retired.", camera.name))
            if camera.has_stream:
                raise UserError(
                    self.env._(
                        "%s has its stream already: a card would bind nothing.", camera.name
                    )
                )
            if not camera.install_token:
                camera.sudo().install_token = new_token()

    def _card_code(self):
        """Picture of the QR code as a data address; its text is ASCII, as cameras read it best."""
        self.ensure_one()
        if not self.install_token:
            raise UserError(self.env._("Print the card of %s from its form.", self.name))
        png = qr.make(CARD_PREFIX + self.install_token, box=16, border=4)
        return "data:image/png;base64," + base64.b64encode(png).decode()

    def _installed(self):
        """A stream was bound: the card is used up, a planned camera is in use from now on."""
        now = fields.Datetime.now()
        for camera in self.sudo():
            camera.write({"install_token": False, "installed_at": camera.installed_at or now})
        self.sudo().filtered(lambda camera: camera.state == "planned")._transition(
            "active",
            "planned",
            message=self.env._("Stream bound by the QR card: in use."),
        )

    # -- filing with the police ----------------------------------------------------------------

    @api.model
    def _remind_of_filing(self, days=10):
        """Remind the managers of cameras that are to be filed soon; one activity a camera.

        Run daily. Cameras are filed within 30 days (条例, 14).

        :param days: how long before the day the reminder comes
        :return: number of new reminders
        """
        today = self.env["yst.calendar.day"]._today()
        kind = self.env.ref("yst_video.activity_filing")
        due = self.sudo().search(
            [
                ("filing_due", "<=", fields.Date.add(today, days=days)),
                ("activity_ids", "not any", [("activity_type_id", "=", kind.id)]),
            ],
            limit=1000,
        )
        managers = self.env.ref("yst_video.group_video_manager").sudo().all_user_ids
        values = []
        for area, cameras in due.grouped("area_id").items():
            keeper = next(
                (user for user in managers if user.active and user._has_jurisdiction(area)), None
            )
            if keeper:
                values += [camera._filing_activity(kind, keeper) for camera in cameras]
        self.env["mail.activity"].sudo().with_context(mail_activity_quick_update=True).create(
            values
        )
        return len(values)

    def _filing_activity(self, kind, keeper):
        return {
            "res_model_id": self.env["ir.model"]._get_id(self._name),
            "res_id": self.id,
            "activity_type_id": kind.id,
            "date_deadline": self.filing_due,
            "user_id": keeper.id,
            "automated": True,
        }

    # -- helpers -------------------------------------------------------------------------------

    def _check_group(self, xmlid):
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group(xmlid):
            raise AccessError(self.env._("Your roles do not include this step."))

    def _as_operator(self):
        """These cameras with the right to change their state, for who watches them."""
        self._check_group("yst_video.group_video_operator")
        return self.sudo()

    def _check_stream(self):
        for camera in self:
            if not camera.has_stream:
                raise UserError(
                    self.env._(
                        "%s has no stream yet: hold its QR card before the lens, or choose the "
                        "stream in its form.",
                        camera.name,
                    )
                )

    def _stripped(self, text):
        return text.strip() if isinstance(text, str) else ""


def new_token():
    """The secret of a QR card: 24 letters and digits of base32, 120 random bits."""
    return base64.b32encode(secrets.token_bytes(TOKEN_BYTES)).decode()
