from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

BATCH = 500


class VideoRetention(models.AbstractModel):
    """Deletes pictures when their time is over (到期删除).

    Regulation on public security video systems (公共安全视频图像信息系统管理条例), article 17:
    kept for at least 30 days, then deleted once the purpose is met. The purpose is not met while
    the alert is neither over nor judged, while its order is open, while a footage request that
    asks for it is undecided or not handed out yet, and for what is evidence of a case (`kept`).
    """

    _name = "yst.video.retention"
    _description = "Retention of pictures"

    @api.model
    def _cron_delete(self, batch=BATCH):
        """Delete in batches, each committed with its audit line: killed at any moment, the next
        run goes on where this one ended."""
        remaining = sum(
            self.env[model].sudo().search_count(domain)
            for model, domain in (
                ("yst.video.snapshot", self._snapshot_domain()),
                ("yst.video.clip", self._clip_domain()),
            )
        )
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=remaining)
        for delete in (self._delete_snapshots, self._delete_clips):
            while count := delete(batch):
                more_time = cron._commit_progress(count)
                # the files leave the disk now, not at the next daily clean-up, and batch by
                # batch: nobody can store a file meanwhile
                self.env["ir.attachment"].sudo()._gc_file_store()
                if not more_time:
                    return
        if count := self._delete_stills():
            cron._commit_progress(count)

    @api.model
    def _cutoff(self):
        days = self.env["yst.video.settings"]._get()["retention_days"]
        return fields.Datetime.now() - timedelta(days=days)

    @api.model
    def _snapshot_domain(self):
        """Which pictures of alerts are to go."""
        return self._domain("taken_at", "taken_at")

    @api.model
    def _clip_domain(self):
        """Which clips of alerts are to go: as the pictures."""
        return self._domain("started_at", "ended_at")

    @api.model
    def _domain(self, start, stop):
        """What belongs to alerts and is to go.

        :param start: name of the field that says when it begins
        :param stop: name of the field that says when it ends
        """
        over = Domain("alert_id.judgement", "!=", "pending") | Domain(
            "alert_id.episode_state", "=", "closed"
        )
        no_open_order = Domain("alert_id.order_id", "=", False) | Domain(
            "alert_id.order_id.state", "in", ("closed", "cancelled")
        ) | (
            Domain("alert_id.order_id.state", "=", "merged")
            & (
                Domain("alert_id.order_id.master_id", "=", False)
                | Domain("alert_id.order_id.master_id.state", "in", ("closed", "cancelled"))
            )
        )
        domain = (
            Domain(stop, "<", self._cutoff()) & Domain("kept", "=", False) & over
            & no_open_order
        )
        asked = self.env["yst.video.footage.request"].sudo().search(
            [("state", "in", ("submitted", "approved"))]
        )
        for request in asked:
            domain &= ~(
                Domain("camera_id", "in", request.camera_ids.ids)
                & Domain(stop, ">=", request.start)
                & Domain(start, "<=", request.stop)
            )
        return domain

    @api.model
    def _delete_snapshots(self, batch=BATCH):
        """Delete one batch with its audit line; how many it was."""
        return self._delete_of_alerts(
            self.env["yst.video.snapshot"], self._snapshot_domain(), "taken_at", "snapshots", batch
        )

    @api.model
    def _delete_clips(self, batch=BATCH):
        """Delete one batch with its audit line; how many it was."""
        return self._delete_of_alerts(
            self.env["yst.video.clip"], self._clip_domain(), "started_at", "clips", batch
        )

    @api.model
    def _delete_of_alerts(self, model, domain, moment, word, batch):
        records = (
            model.sudo()
            .with_context(active_test=False)
            .search(domain, order=f"{moment}, id", limit=batch)
        )
        if not records:
            return 0
        count, size = len(records), sum(records.mapped("size"))
        first, last = records[0][moment], records[-1][moment]
        records.unlink()
        self._audit(f"{word}={count} bytes={size} taken={first}..{last}", model._name)
        return count

    @api.model
    def _delete_stills(self):
        """Delete latest pictures of cameras that have sent none for the whole period."""
        stills = (
            self.env["yst.video.still"]
            .sudo()
            .search([("taken_at", "!=", False), ("taken_at", "<", self._cutoff())])
        )
        count = len(stills)
        if count:
            stills.unlink()
            self._audit(f"stills={count}", "yst.video.still")
        return count

    @api.model
    def _audit(self, detail, model):
        self.env["yst.audit.log"].sudo().create(
            [{
                "action": "deletion",
                "model": model,
                "reason": self.env._("Retention period over"),
                "detail": detail,
            }]
        )
