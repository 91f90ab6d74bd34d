from datetime import timedelta

from odoo import api, fields, models

from .. import sample_pictures

#: (hours ago, login, scope, text, scenes, place, who likes it, comments)
POSTS = [
    (0.4, "community", "area", "北门社区江堤步道巡查：水位正常，护栏完好，2 处警示牌已补装。",
     ["river", "street", "river"], (32.69041, 109.02931), ["leader", "liaison"],
     [("leader", "辛苦了，夜间请再巡一次。"), ("community", "好的，22 时安排两人巡查。")]),
    (2, "sender", "department", "各位同事，本周值班表已更新，请核对自己的班次，"
     "有冲突今天下班前告诉我。",
     [], None, ["notices"], [("notices", "已核对，没有问题。")]),
    (3, "liaison", "office", "今天上午在社区活动室组织了冬季防火宣传，"
     "来了四十多位居民，现场演示了灭火器使用。",
     ["hall", "hall"], (32.69112, 109.02810), ["leader", "sender", "community", "community2"],
     [("sender", "照片很好，可以作为经验材料。"), ("community2", "我们社区周五也办一场。")]),
    (5, "community2", "area", "望江社区背街小巷清理完成，共清运杂物 3 车。",
     ["street", "street", "street", "street"], (32.68790, 109.03355), ["leader"], []),
    (9, "community2", "office", "雨后江边照片，台阶有青苔，提醒大家走路小心。", ["storm"],
     (32.68733, 109.03402), ["community"], []),
    (26, "leader", "office", "本周重点：一是冬季用电安全排查，二是独居老人走访，"
     "三是重点路段夜间巡查。"
     "请各村、社区把现场照片发到工作圈，互相学习。\n\n要求：\n1. 照片要能看清现场；\n"
     "2. 写明时间、地点和处理结果；\n3. 发现隐患当天登记，能当场整改的当场整改。",
     [], None, ["sender", "liaison", "community", "community2", "notices"], []),
    (30, "community", "office", "山边农田巡护，一切正常。", ["hills"] * 9, (32.70155, 109.01870),
     ["liaison"], []),
    (50, "liaison", "area", "发一条测试内容。", [], None, [], []),
]
PINNED = 5  # the leader's
HIDDEN = 7


class FeedPost(models.Model):
    """Sample posts, made by the sample users' own actions."""

    _inherit = "yst.feed.post"

    @api.model
    def _load_demo(self):
        """Create the samples once; without the sample users there are none."""
        people = {
            login: self.env["res.users"].search([("login", "=", login)])
            for login in ("sender", "liaison", "notices", "community", "community2", "leader")
        }
        if self.search_count([], limit=1) or not all(people.values()):
            return self.browse()
        posts = self.browse()
        for number, sample in reversed(list(enumerate(POSTS))):
            posts += self._load_sample_post(number, people, *sample)
        moderator = people["notices"]
        by_number = dict(zip(reversed(range(len(POSTS))), posts, strict=True))
        pinned, hidden = by_number[PINNED], by_number[HIDDEN]
        until = fields.Date.context_today(self) + timedelta(days=30)
        pinned.with_user(moderator).action_pin(fields.Date.to_string(until))
        hidden.with_user(moderator).action_hide("与工作无关，请发工作内容。")
        return posts

    def _load_sample_post(self, number, people, hours, login, scope, text, scenes, place, likes,
                          comments):
        user = people[login]
        own, key = self.with_user(user), f"sample-{number:04d}"
        draft = own._feed_draft(key)
        photos = {}
        for index, scene in enumerate(scenes):
            moment = fields.Datetime.now() - timedelta(hours=hours, minutes=9 - index)
            evidence = draft.with_env(own.env)._evidence_add(
                sample_pictures.picture(scene, f"{number}-{index}"), f"{scene}.jpg",
                taken_at=moment, position=place, watermark=draft._feed_watermark,
            )
            photos[f"{key}-{index}"] = evidence.id
        draft.photo_keys = photos
        post = self.browse(own.publish(key, text, scope))
        post.published_at = fields.Datetime.now() - timedelta(hours=hours)
        for one in likes:
            post.with_user(people[one]).action_like()
        for one, words in comments:
            post.with_user(people[one]).add_comment(words)
        return post
