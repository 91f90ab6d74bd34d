import base64
import io
from datetime import datetime, time, timedelta

from PIL import Image, ImageDraw, ImageFont

from odoo import api, fields, models
from odoo.fields import Command

from odoo.addons.yst_base import limits, photo

SIZE = (1600, 1200)

#: title, category, place, area (index), offset from the area's centre in 1/1000 degree
PLACES = {
    "stall": ("流动摊贩占用人行道", "street", "北门街与文化路交叉口", 0, (1.2, -0.8)),
    "stall_again": ("北门街口摊贩占道（重复上报）", "street", "北门街口", 0, (1.1, -0.7)),
    "crowd": ("广场多人聚集，请到场查看", "crowd", "北门文化广场", 0, (-0.9, 0.6)),
    "rubbish": ("垃圾清运点外溢", "sanitation", "3 号楼东侧", 0, (0.4, 1.3)),
    "lamp": ("路灯连续多日不亮", "facility", "背街小巷中段", 0, (-1.6, -0.5)),
    "exit": ("消防通道被车辆堵塞", "fire", "2 号楼北侧通道", 0, (0.9, 0.2)),
    "quarrel": ("楼上漏水引发邻里纠纷", "dispute", "5 号楼 2 单元", 0, (-0.3, -1.1)),
    "food": ("早餐店无证经营核查", "food", "菜市场西门", 0, (1.9, 0.9)),
    "shed": ("楼顶搭建彩钢棚", "building", "7 号楼楼顶", 0, (-1.2, 1.4)),
    "wall": ("文化墙瓷砖松动", "facility", "社区服务站外墙", 0, (0.1, 0.4)),
    "noise": ("深夜施工噪声", "other", "在建工地", 0, (2.0, -1.7)),
    "river": ("江堤巡查：低洼路段积水", "flood", "江堤步道 2 号口", 1, (0.7, -1.2)),
    "elder": ("独居老人入户走访", "people", "1 号楼", 1, (-0.8, 0.3)),
}


def spot(title, place):
    """A made-up photo of a spot: a street, and what it is meant to show."""
    image = Image.new("RGB", SIZE, (176, 196, 212))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 700, SIZE[0], SIZE[1]), fill=(120, 120, 118))
    for left in range(0, SIZE[0], 200):
        draw.rectangle((left + 12, 250 + left % 3 * 40, left + 180, 700), fill=(196, 178, 150))
        for top in range(330, 680, 70):
            draw.rectangle((left + 40, top, left + 80, top + 40), fill=(88, 102, 120))
            draw.rectangle((left + 110, top, left + 150, top + 40), fill=(88, 102, 120))
        draw.rectangle((left + 40, 940, left + 140, 952), fill=(240, 240, 235))
    found = photo.chinese_font()
    if found:
        for size, top, text in ((72, 60, "样例照片"), (52, 160, title), (44, 760, place)):
            font = ImageFont.truetype(found[0], size, index=found[1])
            draw.text((60, top), text, font=font, fill=(30, 30, 34))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=88)
    return base64.b64encode(out.getvalue()).decode()


class Order(models.Model):
    """Sample shifts and orders, made by the real actions of the sample users."""

    _inherit = "yst.order"

    @api.model
    def _load_demo(self):
        """Create the samples once; without the sample users there are none."""
        people = {
            login: self.env["res.users"].search([("login", "=", login)])
            for login in ("duty", "community", "community2", "leader")
        }
        if not all(people.values()) or self.search_count([], limit=1):
            return self.browse()
        if self.env["res.lang"]._get_data(code="zh_CN"):
            # sample data come before the translations
            own = self.env["ir.module.module"].search([("name", "=", "yst_order")])
            own._update_translations("zh_CN")
            self = self.with_context(lang="zh_CN")
        codes = ["610902001001", "610902001002", "610902001000"]
        areas = self.env["yst.area"].search([("code", "in", codes)])
        north, south, street = (
            areas.filtered(lambda area, code=code: area.code == code) for code in codes
        )
        if not (north and south and street):
            return self.browse()
        self._sample_shifts(
            {street: people["duty"], north: people["community"], south: people["community2"]}
        )
        return self._sample_orders((north, south), **people)

    @api.model
    def _sample_shifts(self, who):
        """Round the clock from today on for a week, changing at eight in the morning."""
        today = limits.to_local(fields.Datetime.now()).date()
        monday = today - timedelta(days=today.weekday())
        self.env["yst.duty.shift"].sudo().create(
            [
                {
                    "area_id": area.id,
                    "start": limits.to_utc(datetime.combine(day, time(8))),
                    "stop": limits.to_utc(datetime.combine(day + timedelta(days=1), time(8))),
                    "user_ids": [Command.set(user.ids)],
                    "phone": "0915-0000000",
                    "note": "示例班次",
                }
                for area, user in who.items()
                for day in (monday + timedelta(days=n) for n in range(-1, 14))
            ]
        )

    def _sample_orders(self, areas, duty, community, community2, leader):
        now = fields.Datetime.now()
        desk = self.with_user(duty)
        orders = desk.create([self._sample_values(key, areas) for key in PLACES])
        of = dict(zip(PLACES, orders, strict=True))
        ages = {"lamp": 9 * 24, "quarrel": 5 * 24, "food": 3 * 24, "exit": 1.5, "rubbish": 2,
                "elder": 26, "shed": 5, "noise": 20, "stall_again": 0.2}
        for key in PLACES:
            if key != "wall":  # stays a draft
                self._sample_dispatch(of[key], now - timedelta(hours=ages.get(key, 0)))

        def by(user, key):
            return of[key].with_user(user).sudo(False)

        for key in ("lamp", "quarrel", "food", "exit", "rubbish"):
            self._sample_accept(by(community, key))
        self._sample_accept(by(community2, "elder"))
        for key, text in (
            ("exit", "已联系车主挪车，通道恢复畅通，张贴禁停提示。"),
            ("food", "经营者已补办手续，现场查验合格。"),
        ):
            by(community, key).order_add_photo(
                spot(of[key].name, of[key].place), "现场照片.jpg",
                of[key].latitude, of[key].longitude,
            )
            by(community, key).action_feedback(text)
        by(community, "quarrel").action_feedback("已上门调解，双方约定本周内维修。")
        by(duty, "food").action_verify("照片与说明一致。")
        by(duty, "quarrel").action_verify("电话核实，双方认可。")
        by(duty, "quarrel").action_follow_up("satisfied", "居民表示漏水已修好。")
        by(community, "shed").action_return("属城管部门执法事项，请改派。")
        by(duty, "noise").action_cancel("已由市级平台受理，避免重复。")
        by(duty, "stall_again").action_merge(of["stall"])
        by(community2, "elder").action_ask_extension(1, "老人外出就医，约定后天入户。")
        by(leader, "lamp").action_supervise("yellow", "群众反映强烈，请尽快协调供电单位修复。")
        return orders.with_env(self.env)

    @api.model
    def _sample_values(self, key, areas):
        name, code, place, index, (north, east) = PLACES[key]
        category = self.env.ref(f"yst_order.category_{code}")
        return {
            "name": name,
            "category_id": category.id,
            "area_id": areas[index].id,
            "place": place,
            "latitude": areas[index].latitude + north / 1000,
            "longitude": areas[index].longitude + east / 1000,
            "description": "示例任务：请到现场查看，处置后拍照反馈。",
        }

    @api.model
    def _sample_dispatch(self, order, at):
        order.sudo()._dispatch(at=at)
        order.sudo()._announce("dispatched", to="duty")

    @api.model
    def _sample_accept(self, order):
        """Accepted half an hour after the dispatch, or now where that lies ahead."""
        order.action_accept()
        at = min(order.dispatched_at + timedelta(minutes=30), fields.Datetime.now())
        order.sudo().write(
            {"accepted_at": at, "accept_late": at > order.accept_deadline}
        )
