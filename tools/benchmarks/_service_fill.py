"""Fills a database for the service benchmark; runs inside Odoo's shell, with its `env`.

Every kind of row is made once through the ORM, as the application itself would make it; SQL then
copies that row many times with other values. So columns that somebody adds later are filled as
well, and no side is given emptier rows than it would have in real use.
"""

import json
import time

from odoo.fields import Command

from tools.benchmarks import _service_rows as rows

RESIDENTS = 330_000
RECORDS = 100_000
OWN = 20  # applications, and tickets, of the resident who looks at their list
OPENED = 20  # forms, tickets and guides that are opened in turn
PHOTOS = 3  # files of each record whose form is opened, on both sides
MATERIALS = (1, 5, 20)
DRAFTS = 4  # applications handed in for each number of materials; the first warms up
CLERK, RESIDENT, PASSWORD = "bench-clerk", "bench-resident", "bench-2026-Yst"


def fill(env, residents=RESIDENTS, records=RECORDS):
    """Fill the database; what the measurements need to know, as a dictionary."""
    env = env(context=dict(env.context, tracking_disable=False, lang="zh_CN"))
    cr, took = env.cr, {}

    def timed(name, function, *arguments):
        start = time.monotonic()
        result = function(*arguments)
        env.flush_all()
        cr.commit()
        env.invalidate_all()
        took[name] = round(time.monotonic() - start, 1)
        return result

    places = timed("organisation, users", _organisation, env)
    resident = timed("resident", _resident, env, places)
    patterns = timed("patterns", _patterns, env, places, resident)
    rows.settings(cr)
    timed("residents", rows.residents, cr, patterns, places, residents)
    timed("plan", rows.plan, env, patterns, places, resident, records, OWN)
    timed("applications", rows.cases, cr, patterns)
    timed("tickets", rows.tickets, cr, patterns)
    timed("messages", rows.messages, cr, patterns)
    timed("remove patterns", _remove_patterns, env, patterns)
    timed("analyse", rows.analyse, cr)
    facts = timed("records to open", _records, env, places, resident)
    facts["drafts"] = timed("drafts", _drafts, env, resident)
    facts |= {"records": records, "residents": residents, "counts": rows.counts(cr)}
    facts["logins"] = {"clerk": CLERK, "resident": RESIDENT, "password": PASSWORD}
    facts["took"] = took
    return facts


def main(env):
    """For the shell: fill, and print the facts as the last line."""
    print("FACTS " + json.dumps(fill(env)))


# -- who and where ------------------------------------------------------------


def _organisation(env):
    """The sample organisation, a team for each community, two clerks in each.

    A clerk works for both sides: for the area, and in the team that has the area's tickets.
    """
    from odoo.addons.yst_base import reference_data

    areas = env["yst.area"]
    areas._import_organisation(reference_data.load("organisation.yaml"))
    communities = areas.search([("kind", "in", ("village", "community"))], order="code")
    teams = env["helpdesk.ticket.team"].create([{"name": area.name} for area in communities])
    groups = [env.ref("yst_service.group_service_clerk").id,
              env.ref("helpdesk_mgmt.group_helpdesk_user_team").id]
    users = env["res.users"].with_context(no_reset_password=True).create([
        {
            "name": f"{area.name}窗口{number}",
            "login": CLERK if (place, number) == (0, 1) else f"{CLERK}-{place}-{number}",
            "lang": "zh_CN",
            "tz": "Asia/Shanghai",
            "group_ids": [Command.set([env.ref("base.group_user").id, *groups])],
            "jurisdiction_ids": [Command.set(area.ids)],
        }
        for place, area in enumerate(communities) for number in (1, 2)
    ])
    for place, team in enumerate(teams):
        team.user_ids = users[2 * place : 2 * place + 2]
    users[0].password = PASSWORD
    env["helpdesk.ticket.category"].create([{"name": f"类别{n}"} for n in range(1, 5)])
    env["helpdesk.ticket.tag"].create([{"name": f"标签{n}"} for n in range(1, 6)])
    return [
        {
            "n": place,
            "area": area.id,
            "grids": area.child_ids.ids or area.ids,
            "team": teams[place].id,
            "clerks": users[2 * place : 2 * place + 2].ids,
        }
        for place, area in enumerate(communities)
    ]


def _resident(env, places):
    """The portal user who looks at their own applications and tickets."""
    user = env["res.users"].with_context(no_reset_password=True).create({
        "name": "居民（基准）",
        "login": RESIDENT,
        "password": PASSWORD,
        "lang": "zh_CN",
        "tz": "Asia/Shanghai",
        "email": "resident@example.com",
        "group_ids": [Command.set(env.ref("base.group_portal").ids)],
    })
    partner = user.partner_id
    partner.write({"is_resident": True, "area_id": places[0]["grids"][0]})
    partner._set_identity("resident_id", "11010519491231002X")
    partner._set_mobile("13800138000")
    return {"user": user.id, "partner": partner.id}


# -- one row of each kind -----------------------------------------------------


def _patterns(env, places, resident):
    """Ids of one record of each kind, made by the application's own code."""
    person = env["res.partner"].create({
        "name": "居民", "is_resident": True, "area_id": places[0]["grids"][0], "lang": "zh_CN",
        "tz": "Asia/Shanghai",
    })
    person._set_identity("resident_id", "110105194912310038")
    person._set_mobile("13800138001")
    item = env["yst.service.item"].search([("published", "=", True)], limit=1)
    case = env["yst.service.case"].create({
        "applicant_id": person.id, "item_id": item.id, "channel": "window",
        "area_id": places[0]["grids"][0],
    })
    case.action_submit()
    ticket = env["helpdesk.ticket"].create({
        "name": "咨询", "description": "<p>咨询</p>", "partner_id": resident["partner"],
        "partner_name": "居民", "partner_email": "resident@example.com",
        "team_id": places[0]["team"], "user_id": places[0]["clerks"][0],
        "channel_id": env.ref("helpdesk_mgmt.helpdesk_ticket_channel_web").id,
    })
    # as the peer's own form in the portal does
    ticket.message_subscribe(partner_ids=[resident["partner"]])
    _commit_tracking(env)
    ticket.stage_id = env.ref("helpdesk_mgmt.helpdesk_ticket_stage_in_progress")
    _commit_tracking(env)
    follower = env["mail.followers"].search([
        ("res_model", "=", "helpdesk.ticket"), ("res_id", "=", ticket.id),
        ("partner_id", "=", resident["partner"]),
    ])
    value = env["mail.tracking.value"].sudo().search([
        ("mail_message_id", "in", ticket.message_ids.ids), ("field_id.name", "=", "stage_id"),
    ], limit=1)
    created = ticket.message_ids.filtered(
        lambda one: one.subtype_id == env.ref("helpdesk_mgmt.hlp_tck_created"))
    rating = env["rating.rating"].create({
        "res_model_id": env["ir.model"]._get_id(case._name), "res_id": case.id,
        "partner_id": person.id, "rated_partner_id": person.id, "rating": 5, "consumed": True,
    })
    found = {
        "person": person.id,
        "case": case.id,
        "line": case.line_ids[:1].id,
        "event": case.event_ids[:1].id,
        "clock": case.clock_event_ids[:1].id,
        "case_message": case.message_ids[:1].id,
        "rating": rating.id,
        "number": env["yst.number"].search([("code", "=", "BJ")], limit=1).id,
        "ticket": ticket.id,
        "ticket_created": created[:1].id,
        "ticket_changed": value.mail_message_id.id,
        "tracking": value.id,
        "follower": follower.id,
    }
    missing = [name for name, record_id in found.items() if not record_id]
    if missing:
        raise ValueError(f"no pattern for {', '.join(missing)}")
    return found


def _commit_tracking(env):
    """Let the tracking of changes write its messages, which it does at a commit."""
    env.flush_all()
    env.cr.commit()


def _remove_patterns(env, patterns):
    """Take the patterns out again; only their copies are measured."""
    rows.remove(env.cr, patterns)


# -- what the measurements open -----------------------------------------------


def _records(env, places, resident):
    """Records to open: the same number on both sides, each with the same number of files."""
    from odoo.addons.yst_service.rules import TODO_STATES

    clerk = env["res.users"].browse(places[0]["clerks"][0])
    photo = _photo()
    cases = env["yst.service.case"].with_user(clerk).search(
        [("state", "in", TODO_STATES)], limit=OPENED)
    tickets = env["helpdesk.ticket"].with_user(clerk).search(
        [("closed", "=", False)], limit=OPENED)
    for case in cases.sudo():
        for line in case.line_ids[:PHOTOS]:
            evidence = line._evidence_add(photo, "photo.jpg")
            line.photo_ids = [Command.link(evidence.id)]
    env["ir.attachment"].create([
        {"name": "photo.jpg", "raw": photo, "mimetype": "image/jpeg",
         "res_model": "helpdesk.ticket", "res_id": ticket.id}
        for ticket in tickets for _number in range(PHOTOS)
    ])
    own = env["helpdesk.ticket"].search([("partner_id", "=", resident["partner"])], limit=OPENED)
    items = env["yst.service.item"].search([("published", "=", True)], limit=OPENED)
    return {
        "cases": cases.ids,
        "tickets": tickets.ids,
        "guides": [f"/services/{code}" for code in items.mapped("code")],
        "ticket_pages": [f"/my/ticket/{one.id}/{one._portal_ensure_token()}" for one in own],
        "actions": {
            "inbox": env.ref("yst_service.action_case_inbox").id,
            "tickets": env.ref("helpdesk_mgmt.helpdesk_ticket_action").id,
        },
    }


def _photo():
    """A JPEG as a phone would send it, sharp and bright enough for the arrival check."""
    import io
    import random

    from PIL import Image

    noise = random.Random(1)
    small = Image.new("RGB", (64, 48))
    small.putdata([(noise.randint(90, 255),) * 3 for _ in range(64 * 48)])
    out = io.BytesIO()
    small.resize((1600, 1200), Image.Resampling.NEAREST).save(out, "JPEG", quality=85)
    return out.getvalue()


def _drafts(env, resident):
    """Drafts that are ready to be handed in: {materials: [ids]}."""
    user = env["res.users"].browse(resident["user"])
    category = env["yst.service.category"].search([], limit=1)
    photo, drafts = _photo(), {}
    for count in MATERIALS:
        drafts[count] = []
        for copy in range(DRAFTS):
            item = env["yst.service.item"].create({
                "code": f"{category.code}-{900 + len(drafts) * 10 + copy}",
                "category_id": category.id,
            })
            version = env["yst.service.item.version"].create({
                "item_id": item.id,
                "name": f"基准事项 {count} 份材料",
                "audience": "居民",
                "steps": "网上提交材料",
                "fee": "不收费",
                "result": "办理结果通知书",
                "online": "full",
                "legal_limit": 20,
                "promised_limit": 10,
                "material_ids": [
                    Command.create({"name": f"材料{n}", "form": "photo", "required": True})
                    for n in range(1, count + 1)
                ],
            })
            version.action_publish()
            case = env["yst.service.case"].with_user(user).sudo()._draft_for(
                user.partner_id, item)
            for line in case.line_ids:
                line._upload(photo, "photo.jpg")
            drafts[count].append(case.id)
    return drafts
