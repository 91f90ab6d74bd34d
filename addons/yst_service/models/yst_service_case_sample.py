import io
from datetime import datetime, time, timedelta

from PIL import Image, ImageDraw, ImageFont

from odoo import api, fields, models

from odoo.addons.yst_base import limits, photo

SHEET = (1240, 1754)  # A4 at 150 dpi
INK = (25, 25, 30)


TEXT = "本页为系统自带的样例材料，仅供演示和培训使用，不含任何真实的个人信息。"


def sheet(title, name):
    """A photo of a made-up paper: its title, whose it is, and lines as of print."""
    image = Image.new("RGB", SHEET, (252, 251, 247))
    draw = ImageDraw.Draw(image)
    found = photo.chinese_font()
    if found:
        def font(size):
            return ImageFont.truetype(found[0], size, index=found[1])

        draw.text(((SHEET[0] - font(64).getlength(title)) / 2, 140), title,
                  font=font(64), fill=INK)
        draw.text((160, 300), f"姓名：{name}", font=font(40), fill=INK)
        for row in range(420, 1480, 66):
            turn = row // 66 % len(TEXT)
            draw.text((160, row), (TEXT[turn:] + TEXT[:turn])[:26], font=font(34), fill=INK)
        draw.text((160, 1560), "样例", font=font(40), fill=INK)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=88)
    return out.getvalue()


class ServiceCase(models.Model):
    """Sample times, applications and visits, made by the real actions of the sample users."""

    _inherit = "yst.service.case"

    @api.model
    def _load_demo(self):
        """Create the samples once; without the sample users there are none."""
        users = {
            login: self.env["res.users"].search([("login", "=", login)])
            for login in ("resident", "resident2", "clerk", "clerk2")
        }
        if not all(users.values()) or self.search_count([], limit=1):
            return self.browse()
        if self.env["res.lang"]._lang_get("zh_CN"):
            # sample data come before the translations, and the notices quote the reasons
            own = self.env["ir.module.module"].search([("name", "=", "yst_service")])
            own._update_translations("zh_CN")
            self = self.with_context(lang="zh_CN")
        self._sample_slots()
        return self._sample_cases(**users)

    @api.model
    def _sample_slots(self):
        """Times of the next ten working days: the hall, both communities' windows, home visits."""
        areas = self.env["yst.area"].search([("code", "in", ["610902001000", "610902001001",
                                                             "610902001002"])], order="code")
        calendar = self.env["yst.calendar.day"]._work_calendar()
        day = limits.to_local(fields.Datetime.now()).date()
        rows = []
        for _count in range(10):
            day = calendar.add_workdays(day, 1)
            for area in areas:
                hall = area.kind == "subdistrict"
                for hour in (9, 10, 15) if hall else (9, 15):
                    place = "政务服务大厅" if hall else f"{area.name}便民服务站"
                    rows.append((area, "window", place, datetime.combine(day, time(hour)),
                                 6 if hall else 2))
            for area in areas[1:]:
                rows.append((area, "home", "上门", datetime.combine(day, time(10, 30)), 1))
        return self.env["yst.service.slot"].create([
            {
                "area_id": area.id,
                "kind": kind,
                "place": place,
                "start": limits.to_utc(start),
                "end": limits.to_utc(start + timedelta(hours=1)),
                "capacity": places,
            }
            for area, kind, place, start, places in rows
        ])

    def _sample_cases(self, resident, resident2, clerk, clerk2):
        # what each is: nothing, faults, accepted, appointed, completed or terminated
        done = [
            self._sample_case(resident, clerk, "prereview", 0),
            self._sample_case(resident, clerk, "full", 0, "correction"),
            self._sample_case(resident, clerk, "prereview", 1, "appointed"),
            self._sample_case(resident, clerk, "full", 1, "completed", 5, "办得很快，没有跑腿。"),
            self._sample_case(resident2, clerk2, "full", 2),
            self._sample_case(resident2, clerk2, "prereview", 2, "accepted"),
            self._sample_case(resident2, clerk2, "full", 3, "completed", 2, "等得太久，没人接。"),
            self._sample_case(resident2, clerk2, "prereview", 3, "terminated"),
        ]
        visits = self.env["yst.service.home.visit"].with_user(resident).sudo()
        visits._request_for(resident.partner_id, {
            "eligibility": "age",
            "address": "北门街示例小区1号楼",
            "wish": "周二上午在家，想办理高龄津贴。",
        })
        return self.union(*done)

    @api.model
    def _sample_case(self, user, clerk, online, index, until=None, stars=None, words=None):
        """One application of ``user``, as far as ``until``."""
        item = self.env["yst.service.item"].search(
            [("current_version_id.online", "=", online)], order="code", limit=1, offset=index * 5
        )
        if not item:
            return self.browse()
        mine = self.with_user(user).sudo()._draft_for(user.partner_id, item)
        for line in mine.line_ids.filtered("required"):
            line._upload(sheet(line.name, user.partner_id.name), f"{line.name}.jpg")
        mine.action_submit()
        theirs = mine.with_user(clerk).sudo(False)
        if until == "correction":
            theirs.action_take()
            theirs.line_ids[:1].action_reject_material(
                self.env.ref("yst_service.reason_blurred"), "第一页反光"
            )
            theirs.action_accept_all_materials()
            theirs.action_ask_correction()
        elif until == "terminated":
            theirs.action_terminate(self.env.ref("yst_service.reason_duplicate"))
        elif until:
            theirs.action_take()
            theirs.action_accept_all_materials()
            theirs.action_accept()
        if until == "appointed":
            mine._book(mine._slots_open(1))
        if until == "completed":
            theirs.action_complete(item.current_version_id.result)
            mine.action_rate(stars, words)
        return mine
