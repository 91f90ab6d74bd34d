import base64
import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import SQL

from odoo.addons.yst_base import workbook

CODES = {"street": "610902001000", "north": "610902001001", "south": "610902001002"}
GRID_CADRES = ("一", "二", "三")
TABLE = [
    {"name": "排查户数", "type": "number"},
    {"name": "发现隐患（处）", "type": "number"},
    {"name": "是否整改完毕", "type": "choice", "options": "是\n否"},
    {"name": "完成日期", "type": "date", "required": False},
]
FIRE = """<p>各村、社区：</p>
<p>近期天气干燥，用火用电增多。请各村、社区联络员收到后立即转发本村、本社区干部，做好以下工作：</p>
<ol><li>入户检查用电、用气、取暖安全，独居老人户逐户上门；</li>
<li>清理楼道杂物，保持消防通道畅通；</li>
<li>发现隐患当日登记、限期整改。</li></ol>
<p>党政综合办公室</p>"""


class CirculationItem(models.Model):
    """Sample notices and collaboration items, made by the real actions of the sample users."""

    _inherit = "yst.circulation.item"

    @api.model
    def _load_demo(self):
        """Create the samples once; without the sample users there are none."""
        people = {
            login: self.env["res.users"].search([("login", "=", login)])
            for login in ("sender", "liaison", "community", "community2", "leader")
        }
        areas = {
            name: self.env["yst.area"].search([("code", "=", code)]) for name, code in CODES.items()
        }
        if self.search_count([], limit=1) or not all([*people.values(), *areas.values()]):
            return self.browse()
        if self.env["res.lang"]._get_data(code="zh_CN"):
            # sample data come before the translations
            own = self.env["ir.module.module"].search([("name", "=", "yst_circulation")])
            own._update_translations("zh_CN")
            self = self.with_context(lang="zh_CN")
        liaisons = self._sample_liaisons(areas, people)
        self._sample_group(people)
        items = self._sample_items(areas, people)
        self._sample_answers(items, people, liaisons)
        self._sample_deputy(liaisons[-1], people["liaison"])
        return self.union(*items.values())

    @api.model
    def _sample_liaisons(self, areas, people):
        """A liaison for each village and community, and three cadres of the northern one. Their
        passwords are random: nobody logs in as them."""
        places = self.env["yst.area"].search(
            [("id", "child_of", areas["street"].id), ("kind", "in", ("village", "community"))]
        )
        areas["north"].liaison_ids = people["liaison"]
        areas["south"].liaison_ids = people["community2"]
        rest = places.filtered(lambda place: not place.liaison_ids)

        def account(role, login, place):
            return {
                "role": role, "login": login, "password": f"yst-{secrets.token_urlsafe(16)}-A1",
                "roles": ["yst_base.role_cadre"], "jurisdiction": [place.code],
            }

        self.env["res.users"]._load_sample_users(
            account(f"{areas['north'].name}网格员{number}（示例）", f"grid-{index}", areas["north"])
            for index, number in enumerate(GRID_CADRES, 1)
        )
        users = self.env["res.users"]._load_sample_users(
            account(f"{place.name}联络员（示例）", f"liaison-{place.code}", place) for place in rest
        )
        for place, user in zip(rest, users, strict=True):
            place.liaison_ids = user
        return users

    @api.model
    def _sample_group(self, people):
        self.env["yst.circulation.group"].with_user(people["sender"]).create(
            {
                "name": "例会参加人员",
                "user_ids": [Command.set((people["leader"] | people["liaison"]
                                          | people["community"] | people["community2"]).ids)],
            }
        )

    @api.model
    def _sample_items(self, areas, people):
        now = fields.Datetime.now()
        everywhere = {"kind": "area", "area_id": areas["street"].id, "reach": "below_liaison"}

        def to(*logins):
            return [{"kind": "user", "user_id": people[login].id} for login in logins]

        def send(name, audience, login="sender", send=True, **values):
            item = self.with_user(people[login]).create(
                {"name": name, "audience_ids": [Command.create(line) for line in audience],
                 **values}
            )
            if send:
                item.action_send()
            return item

        def hours(count):
            return now + timedelta(hours=count)

        return {
            "meeting": send("12 月工作例会通知", to("liaison", "community", "community2"),
                            body="<p>时间：本周五 15:00；地点：二楼会议室。</p>"),
            "table": send(
                "冬季用电安全排查统计", [everywhere], kind="collaboration", wanted="table",
                deadline=hours(30), body="<p>请按样表填报，数据由各村、社区联络员核实。</p>",
                field_ids=[Command.create(field) for field in TABLE],
            ),
            "fire": send("关于做好冬季防火工作的通知", [everywhere], wanted="confirm",
                         urgency="urgent", deadline=hours(48), body=FIRE),
            "reply": send("请报送本周矛盾纠纷排查情况", to("liaison", "community", "community2"),
                          kind="collaboration", wanted="reply", deadline=hours(24),
                          body="<p>写明排查起数、化解起数和需要街道协调的事项。</p>"),
            "late": send("报送防汛值班人员名单", to("liaison", "community2"),
                         kind="collaboration", wanted="file", deadline=hours(20),
                         body="<p>名单盖章后扫描上传。</p>"),
            "cold": send("今夜强降温，请转告独居老人", [everywhere], urgency="extra",
                         body="<p>今夜最低气温 -6℃，请提醒独居老人防寒、注意用气用煤安全。</p>"),
            "feast": send("端午节放假安排", to("liaison", "community"),
                          body="<p>值班表另行通知。</p>"),
            "leader": send("请拟定全街道冬季安全检查方案", to("sender"), login="leader",
                           kind="collaboration", wanted="reply", deadline=hours(50),
                           body="<p>由党政综合办公室牵头，周五前报我。</p>"),
            "draft": send("关于报送年度工作总结的通知", [everywhere], send=False, wanted="file"),
        }

    def _sample_answers(self, items, people, liaisons):
        """What people have done with them."""
        def node(key, user):
            return items[key].sudo().node_ids.filtered(
                lambda node: node.user_id == user
            ).with_user(user).sudo(False)

        liaison, community, south = people["liaison"], people["community"], people["community2"]
        names = [str(field.id) for field in items["table"].field_ids]
        day = fields.Date.to_string(fields.Date.context_today(self))
        for index, user in enumerate(liaisons[:18]):
            answer = (180 + 7 * index, index % 4, "否" if index % 4 > 2 else "是", day)
            node("table", user).action_fill(dict(zip(names, answer, strict=True)))
        node("fire", liaison).action_pass_on(
            [one["id"] for one in node("fire", liaison).get_pass_on_people()],
            "请今天内入户检查，晚上 8 点前确认。",
        )
        node("fire", community).action_confirm()
        for user in liaisons[:9]:
            node("fire", user).action_confirm()
        for user in liaisons[9:15]:
            node("fire", user).action_open()
        for user in liaisons[:20]:
            node("cold", user).action_open()
        node("meeting", community).action_open()
        node("reply", south).action_reply("排查 6 起，化解 5 起；1 起邻里漏水纠纷请街道协调物业。")
        node("reply", community).action_reply("已排查。")
        node("reply", community).with_user(people["sender"]).action_send_back(
            "请写明起数和化解情况。"
        )
        sheet = workbook.make(
            "防汛值班人员名单", [("姓名", 12), ("日期", 14), ("电话", 16)],
            [["（示例）", day, "0915-0000000"]],
        )
        node("late", south).action_return_file(
            [{"name": "望江社区防汛值班名单.xlsx", "data": base64.b64encode(sheet).decode()}]
        )
        items["late"]._sample_age(26)
        items["late"].action_urge()
        items["reply"]._sample_age(3)
        items["feast"].action_withdraw("节假日安排以区政府通知为准")
        self._sample_correction(items["meeting"])

    @api.model
    def _sample_correction(self, item):
        """The time of the meeting was wrong."""
        draft = self.with_user(item.sender_id).browse(item.action_supersede()["res_id"])
        draft.write(
            {
                "name": "12 月工作例会通知（更正）",
                "body": "<p>时间改为本周五 16:30；地点：二楼会议室。</p>",
            }
        )
        draft.action_send()

    @api.model
    def _sample_deputy(self, away, deputy):
        """One liaison is on leave; another acts in the name."""
        self.env["yst.delegation"].with_user(away).create(
            {
                "deputy_id": deputy.id,
                "mode": "act",
                "date_to": fields.Datetime.now() + timedelta(days=3),
                "reason": "年休假",
            }
        )

    def _sample_age(self, hours):
        """As if it had been sent so many hours ago."""
        self.flush_recordset()
        self.node_ids.flush_recordset()
        for table, key, columns in (
            ("yst_circulation_item", "id", ("sent_at", "deadline")),
            ("yst_circulation_node", "item_id",
             ("create_date", "deadline", "read_at", "handled_at")),
        ):
            shifted = SQL(", ").join(
                SQL("%s = %s - interval '1 hour' * %s", SQL.identifier(one),
                    SQL.identifier(one), hours)
                for one in columns
            )
            self.env.cr.execute(
                SQL("UPDATE %s SET %s WHERE %s = ANY(%s)", SQL.identifier(table), shifted,
                    SQL.identifier(key), self.ids)
            )
        self.env.invalidate_all()
