import base64
import io
import math
from datetime import timedelta

from PIL import Image, ImageDraw, ImageFont

from odoo import api, fields, models
from odoo.fields import Command

from odoo.addons.yst_base import photo

PEOPLE = ("drafter", "office", "registrar", "seal", "leader", "community", "community2")
CODES = [
    ("新办发", "新城街道办事处"),
    ("新党发", "中共新城街道工作委员会"),
    ("新办函", "新城街道办事处"),
]
RED = (214, 32, 32, 255)


def body(*paragraphs):
    """Text of a sample."""
    return "".join(f"<p>{one}</p>" for one in paragraphs)


FLOOD = body(
    "为切实做好今冬明春防汛备汛工作，确保辖区群众生命财产安全，现就有关事项通知如下。",
    "一、压实工作责任",
    "各村（社区）要落实包片、包户责任，主要负责人为第一责任人，江堤、低洼路段和地质灾害点逐处明确巡查人员。",
    "二、备足物资，开展演练",
    "各村（社区）应于本月底前清点编织袋、抽水泵、应急照明等物资，缺口报党政综合办公室；年内至少组织一次转移演练。",
    "三、严格值班值守",
    "值班人员保持通信畅通，发现险情立即报告街道值班室，不得迟报、漏报。",
)
FIRE = body(
    "近期天气干燥，用火用电增多。现就开展冬季消防安全检查通知如下。",
    "一、检查重点：沿街商铺、出租房屋、老旧小区消防通道和电动自行车充电场所。",
    "二、检查方式：各社区自查，街道抽查，隐患建账销号。",
)
REPLY = body(
    "你社区《关于改造文化路排水设施的请示》收悉。经研究，同意列入明年小型公共设施改造计划，请做好前期调查和群众意见征集。"
)

ALL = "各村（社区）"
#: key: (title, kind, urgency, code, to whom, text, up to which step)
OUTGOING = {
    "draft": ("关于开展全民义务植树活动的通知", "notice", "none", 0, ALL, FIRE, "draft"),
    "returned": ("关于调整门前三包责任区的通知", "notice", "none", 0, ALL, FIRE, "returned"),
    "check": ("关于报送年度工作总结的通知", "notice", "none", 0, ALL, FIRE, "check"),
    "countersign": (
        "关于印发《城市管理联合巡查办法》的通知", "notice", "none", 0, ALL, FIRE,
        "countersign",
    ),
    "sign": ("关于开展冬季消防安全检查的通知", "notice", "urgent", 0, ALL, FIRE, "sign"),
    "sign2": (
        "关于解决文化路积水问题的请示", "request", "none", 0, "区人民政府", FLOOD, "sign",
    ),
    "review": ("关于表扬年度先进网格的通报", "circular", "none", 0, ALL, FIRE, "review"),
    "register": ("关于文化路排水设施改造的批复", "reply", "none", 0, "望江社区", REPLY, "register"),
    "print": ("关于商请支援防汛物资的函", "letter", "urgent", 2, "区应急管理局", REPLY, "print"),
    "issue": ("关于做好岁末年初安全生产工作的通知", "notice", "none", 0, ALL, FIRE, "issue"),
    "issued": ("关于做好今冬明春防汛备汛工作的通知", "notice", "urgent", 0, ALL, FLOOD, "issued"),
    "archived": ("关于加强村（社区）公章管理的通知", "notice", "none", 0, ALL, FIRE, "archived"),
    "void": ("关于召开节前工作会议的通知", "notice", "none", 0, ALL, FIRE, "void"),
}
#: key: (title, kind, urgency, from, their number, up to which step)
INCOMING = {
    "in_draft": ("关于报送社区工作者信息的通知", "notice", "none", "区民政局", "区民函〔2026〕31号",
                 "draft"),
    "in_preliminary": ("关于开展农村人居环境检查的通知", "notice", "none", "区农业农村局",
                       "区农函〔2026〕58号", "preliminary"),
    "in_propose": ("关于做好城乡居民医保征缴工作的通知", "notice", "urgent", "区医疗保障局",
                   "区医保发〔2026〕22号", "propose"),
    "in_instruct": ("关于加强寒潮天气防范应对工作的紧急通知", "notice", "extra",
                    "区人民政府办公室", "区政办发〔2026〕47号", "instruct"),
    "in_instruct2": ("关于开展房屋安全隐患排查的通知", "notice", "none", "区住房和城乡建设局",
                     "区建发〔2026〕63号", "instruct"),
    "in_handle": ("关于核查困难群众冬季取暖情况的函", "letter", "urgent", "区民政局",
                  "区民函〔2026〕29号", "handle"),
    "in_answered": ("关于征求物业管理办法意见的函", "letter", "none", "区住房和城乡建设局",
                    "区建函〔2026〕40号", "answered"),
    "in_archived": ("关于表彰文明社区的决定", "decision", "none", "区精神文明建设办公室",
                    "区文明办〔2026〕6号", "archived"),
}
OUT_STEPS = ["submit", "check", "countersign", "sign", "review", "register", "print", "issue",
             "archive"]
REACHES = {  # the steps that have been taken where it stands
    "draft": 0, "check": 1, "countersign": 2, "sign": 3, "review": 4, "register": 5, "print": 6,
    "issue": 7, "issued": 8, "archived": 9,
}


def seal_image(text):
    """A made-up seal: a ring, a star and what it is (PNG in base64)."""
    side = 500
    image = Image.new("RGBA", (side, side), (255, 255, 255, 0))
    draw = ImageDraw.Draw(image)
    draw.ellipse((8, 8, side - 8, side - 8), outline=RED, width=14)
    star = [
        (
            side / 2 + radius * math.sin(math.pi * corner / 5),
            side / 2 - radius * math.cos(math.pi * corner / 5),
        )
        for corner in range(10)
        for radius in [80 if corner % 2 == 0 else 31]
    ]
    draw.polygon(star, fill=RED)
    if found := photo.chinese_font():
        font = ImageFont.truetype(found[0], 46, index=found[1])
        for top, words in ((92, text), (340, "（样例）")):
            draw.text((side / 2, top), words, font=font, fill=RED, anchor="ma")
    out = io.BytesIO()
    image.save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def drawn_words(text):
    """Words as if they had been written on the pad (PNG in base64)."""
    image = Image.new("RGBA", (420, 150), (255, 255, 255, 0))
    draw = ImageDraw.Draw(image)
    if found := photo.chinese_font():
        font = ImageFont.truetype(found[0], 84, index=found[1])
        draw.text((20, 10), text, font=font, fill=(17, 24, 39, 255))
    draw.line((30, 130, 390, 118), fill=(17, 24, 39, 255), width=5)
    out = io.BytesIO()
    image.save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


class Document(models.Model):
    """Sample documents in every state, made by the real steps of the sample users."""

    _inherit = "yst.document"

    @api.model
    def _load_demo(self):
        """Create the samples once; without the sample users there are none."""
        people = {
            login: self.env["res.users"].search([("login", "=", login)]) for login in PEOPLE
        }
        if not all(people.values()) or self.search_count([], limit=1):
            return self.browse()
        if self.env["res.lang"]._get_data(code="zh_CN"):
            # sample data come before the translations
            own = self.env["ir.module.module"].search([("name", "=", "yst_document")])
            own._update_translations("zh_CN")
            self = self.with_context(lang="zh_CN")
        office = people["drafter"].sudo().employee_id.department_id
        codes = self.env["yst.document.code"].search([]) or self.env["yst.document.code"].create(
            [
                {"name": name, "issuer": issuer, "sequence": 10 * number,
                 "department_id": office.id}
                for number, (name, issuer) in enumerate(CODES, 1)
            ]
        )
        seal = self.env["yst.document.seal"].with_user(people["seal"]).create(
            {"name": "新城街道办事处印（样例）", "image": seal_image("新城街道办事处"),
             "keeper_ids": [Command.set(people["seal"].ids)]}
        )
        out = {
            key: self._sample_outgoing(people, codes, seal, *values)
            for key, values in OUTGOING.items()
        }
        coming = {key: self._sample_incoming(people, *values) for key, values in INCOMING.items()}
        return self.union(*out.values(), *coming.values())

    # -- outgoing --------------------------------------------------------------------------------

    def _sample_outgoing(self, people, codes, seal, name, kind, urgency, code, to, text, reach):
        def by(login):
            return document.with_user(people[login]).sudo(False)

        countersigners = people["community2"] if reach in ("countersign", "issued") else []
        document = self.with_user(people["drafter"]).create(
            {
                "name": name, "kind": kind, "urgency": urgency, "code_id": codes[code].id,
                "main_to": to, "body": text, "layout": "letter" if kind == "letter" else "document",
                "copy_to": "区人民政府办公室" if kind == "notice" else False,
                "checker_id": people["office"].id, "signer_id": people["leader"].id,
                "countersigner_ids": [Command.set([one.id for one in countersigners])],
            }
        )
        if reach in ("returned", "void"):
            by("drafter").action_submit()
            if reach == "void":
                by("drafter").action_void("会议取消，不再发文")
            else:
                by("office").action_return("draft", "责任区名单与去年重复，请核对后再送。")
            return document
        steps = OUT_STEPS[: REACHES[reach]]
        for step in steps:
            getattr(self, f"_sample_{step}")(document, by, seal, bool(countersigners))
        return document

    def _sample_submit(self, document, by, seal, countersigned):
        by("drafter").action_submit()

    def _sample_check(self, document, by, seal, countersigned):
        checked = by("office")
        checked.body = str(document.body).replace("现就有关事项", "现将有关事项").replace(
            "<p>一、检查重点", "<p>一、突出检查重点"
        )
        checked.action_approve("文字已核，请领导审签。")

    def _sample_countersign(self, document, by, seal, countersigned):
        if countersigned:
            by("community2").action_approve("同意会签。")

    def _sample_sign(self, document, by, seal, countersigned):
        by("leader").action_approve("同意印发。", drawn_words("同意"))

    def _sample_review(self, document, by, seal, countersigned):
        by("registrar").action_review_ok()

    def _sample_register(self, document, by, seal, countersigned):
        by("registrar").action_register()

    def _sample_print(self, document, by, seal, countersigned):
        by("seal").action_apply_seal(seal.id)
        by("registrar").action_print()

    def _sample_issue(self, document, by, seal, countersigned):
        street = self.env["yst.area"].search([("code", "=", "610902001000")])
        by("registrar").action_issue(
            [{"kind": "area", "area_id": street.id, "reach": "below_liaison"}],
            deadline=fields.Datetime.now() + timedelta(days=2),
        )
        nodes = document.sudo().item_ids.node_ids.sorted("id")
        for node in nodes[: len(nodes) * 2 // 3]:
            node.with_user(node.user_id).sudo(False).action_open()
        for node in nodes[: len(nodes) // 2]:
            node.with_user(node.user_id).sudo(False).action_confirm()

    def _sample_archive(self, document, by, seal, countersigned):
        by("registrar").action_archive("30")

    # -- incoming --------------------------------------------------------------------------------

    def _sample_incoming(self, people, name, kind, urgency, unit, number, reach):
        def by(login):
            return document.with_user(people[login]).sudo(False)

        received = fields.Datetime.now() - timedelta(hours=3)
        document = self.with_user(people["registrar"]).create(
            {
                "direction": "incoming", "name": name, "kind": kind, "urgency": urgency,
                "source_unit": unit, "source_number": number, "received_at": received,
                "body": body(f"{unit}来文，要求街道按期办理并书面反馈。原件扫描件见附件。"),
            }
        )
        path = ["draft", "preliminary", "propose", "instruct", "handle", "answered", "archived"]
        reached = path.index(reach)
        if reached >= 1:
            by("registrar").action_register_incoming()
        if reached >= 2:
            by("registrar").action_preliminary_ok()
        if reached >= 3:
            by("registrar").action_propose(
                "请街道领导阅示，建议由党政综合办公室牵头，各村（社区）配合办理。",
                people["leader"].ids,
            )
        if reached >= 4:
            by("leader").action_instruct("请办公室立即部署，三日内报结果。", drawn_words("阅办"))
            by("registrar").action_assign(people["drafter"].id, None, "请按批示办理")
        if reached >= 5:
            by("drafter").action_answer("已部署到各村（社区），情况已书面回复来文单位。")
        if reached >= 6:
            by("registrar").action_archive("10")
        return document
