"""What the circulation benchmark does inside Odoo's shell, with its `env`."""

import json
import random
import statistics
import time

from odoo import api, sql_db
from odoo.fields import Command

ROUNDS = 5
FEW = 10
VISITS = 60
SEED = 20261124


def _say(facts):
    print("FACTS " + json.dumps(facts))


def _people(env, count):
    """So many cadres, made by SQL from one: accounts are not what is measured."""
    cadre = env.ref("yst_base.group_cadre")
    users = env["res.users"].with_context(no_reset_password=True, tracking_disable=True)
    first = users.create(
        {
            "name": "P0",
            "login": "bench-0",
            "email": "p0@example.com",
            "notification_type": "email",
            "group_ids": [Command.set(cadre.ids)],
        }
    )
    env.flush_all()
    partners = _copies(
        env, first.partner_id, count - 1,
        {"name": "'P' || n", **dict.fromkeys(("email", "email_normalized"),
                                             "'p' || n || '@example.com'")},
    )
    _copies(
        env, first, count - 1, {"login": "'bench-' || n", "partner_id": "ids[n]"}, partners
    )
    for table, group, user in (
        ("res_groups_users_rel", "gid", "uid"),
        ("res_company_users_rel", "cid", "user_id"),
    ):
        env.cr.execute(
            f"INSERT INTO {table} ({group}, {user}) SELECT {group}, person.id FROM {table},"
            f" res_users person WHERE {user} = %s AND person.login ~ '^bench-[1-9]'",
            [first.id],
        )
    env.invalidate_all()
    env.registry.clear_all_caches()
    return env["res.users"].search([("login", "=like", "bench-%")], order="id")


def _copies(env, record, count, changed, ids=()):
    """Copy a row so many times; ``changed`` are SQL expressions of ``n`` and ``ids``."""
    table = record._table
    env.cr.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s", [table]
    )
    columns = [name for name, in env.cr.fetchall() if name != "id"]
    names = ", ".join(f'"{name}"' for name in columns)
    values = ", ".join(changed.get(name, f'"{name}"') for name in columns)
    env.cr.execute(
        f"INSERT INTO {table} ({names}) SELECT {values} FROM {table},"
        " (SELECT %s::int[] AS ids) AS given, generate_series(1, %s) AS n"
        " WHERE id = %s ORDER BY n RETURNING id",
        [list(ids), count, record.id],
    )
    return [one for one, in env.cr.fetchall()]


# -- sending ---------------------------------------------------------------------------------------


def send(env, count, in_inbox):
    """One item to so many people beside a message by e-mail and activities, and to fewer people
    beside a message in Odoo's inbox: in turn."""
    users = _people(env, count)
    env.user.group_ids += env.ref("yst_circulation.group_circulation_sender")
    env.cr.commit()
    facts = _in_turn(
        env, users, ours=_send_ours, email=_send_message, activities=_send_activities
    )
    some = users[:in_inbox]
    some.notification_type = "inbox"
    env.cr.commit()
    facts["inbox"] = _in_turn(env, some, ours=_send_ours, inbox=_send_message)
    few = _measured(env, _send_ours, users[:FEW])
    _say({**facts, "few": {"n": FEW, "statements": few[1]}, "rounds": ROUNDS})


def _in_turn(env, users, **ways):
    found = {way: [] for way in ways}
    for number in range(ROUNDS + 1):
        for way, act in ways.items():
            took = _measured(env, act, users)
            if number:  # the first is the warm-up
                found[way].append(took)
    return {
        way: {"s": statistics.median(took for took, _count in times), "statements": times[-1][1]}
        for way, times in found.items()
    }


def _measured(env, act, users):
    prepared = act(env, users)
    env.flush_all()
    env.cr.commit()
    env.invalidate_all()
    before, start = sql_db.sql_counter, time.perf_counter()
    prepared()
    env.flush_all()
    env.cr.commit()
    return time.perf_counter() - start, sql_db.sql_counter - before


def _send_ours(env, users):
    group = env["yst.circulation.group"].create(
        {"name": "all", "user_ids": [Command.set(users.ids)]}
    )
    item = env["yst.circulation.item"].create(
        {
            "name": "Notice",
            "wanted": "confirm",
            "audience_ids": [Command.create({"kind": "group", "group_id": group.id})],
        }
    )

    def sending():
        item.action_send()
        if item.node_count != len(users):
            raise ValueError(f"{item.node_count} of {len(users)} got it")

    return sending


def _send_message(env, users):
    thread = env["res.partner"].create({"name": "Thread"})
    partners = users.partner_id.ids
    # e-mails are queued, as for any large number, not sent: no server is asked
    return lambda: thread.message_post(
        body="Notice", partner_ids=partners, message_type="comment",
        subtype_xmlid="mail.mt_comment", force_send=False,
    )


def _send_activities(env, users):
    thread = env["res.partner"].create({"name": "Thread"})
    kind = env.ref("mail.mail_activity_data_todo").id
    model = env["ir.model"]._get_id("res.partner")
    activities = env["mail.activity"].with_context(mail_activity_quick_update=True)
    return lambda: activities.create(
        [
            {
                "activity_type_id": kind,
                "res_model_id": model,
                "res_id": thread.id,
                "summary": "Notice",
                "user_id": user,
            }
            for user in users.ids
        ]
    )


# -- ten years -------------------------------------------------------------------------------------


def fill(env, people, items, nodes):
    """So many items and nodes, most of them done long ago; every person has some open."""
    users = _people(env, people)
    env.cr.commit()
    senders = users[: max(1, people // 20)]
    pattern = env["yst.circulation.item"].create({"name": "Item 0", "sender_id": users[0].id})
    env.flush_all()
    env.cr.execute(
        """
        INSERT INTO yst_circulation_item (name, kind, urgency, wanted, state, sender_id, sent_at,
            create_date, write_date, create_uid, write_uid, deadline)
        SELECT 'Item ' || n, CASE WHEN n %% 3 = 0 THEN 'collaboration' ELSE 'notice' END,
            'ordinary',
            CASE WHEN n %% 3 = 0 THEN 'confirm' ELSE 'read' END, 'sent',
            (%(senders)s)[1 + n %% %(count)s], now() - n * interval '1 hour',
            now(), now(), 1, 1, now() + (%(items)s - n - 50) * interval '1 hour'
        FROM generate_series(1, %(items)s) AS n
        """,
        {"senders": senders.ids, "count": len(senders), "items": items},
    )
    env.cr.execute("SELECT array_agg(id ORDER BY id DESC) FROM yst_circulation_item WHERE id > %s",
                   [pattern.id])
    each = max(1, round(nodes / items))
    # the latest items are open for everybody who has them; of the others one in a hundred
    env.cr.execute(
        """
        INSERT INTO yst_circulation_node (item_id, user_id, handler_id, path, level, wanted,
            urgency, deadline, state, open, urged_count, create_date, read_at, handled_at)
        SELECT item.id, person, person, '', 0, item.wanted, 'ordinary', item.deadline,
            CASE WHEN still THEN 'unread' ELSE 'handled' END, still, 0, item.sent_at,
            CASE WHEN NOT still THEN item.sent_at END, CASE WHEN NOT still THEN item.sent_at END
        FROM (
            SELECT item.*, row_number() OVER (ORDER BY item.id) AS n FROM yst_circulation_item item
             WHERE id > %(first)s
        ) AS item, generate_series(0, %(each)s - 1) AS k,
        LATERAL (SELECT (%(users)s)[1 + (hashint8(n * 100 + k) & 2147483647) %% %(people)s]
                            AS person,
                        (hashint8(n) & 2147483647) %% 20 = 0 AS still) AS chosen
        ON CONFLICT DO NOTHING
        """,
        {
            "first": pattern.id,
            "each": each,
            "users": users.ids,
            "people": people,
        },
    )
    env.cr.execute("UPDATE yst_circulation_node SET path = id || '/', top_id = id")
    env.cr.commit()
    env.cr._cnx.autocommit = True
    env.cr.execute("VACUUM ANALYZE yst_circulation_node")
    env.cr.execute("VACUUM ANALYZE yst_circulation_item")
    env.cr._cnx.autocommit = False
    env.cr.execute("SELECT count(*) FROM yst_circulation_node")
    _say({"nodes": env.cr.fetchone()[0], "people": people})


def pages(env):
    """Times of each page for people taken at random, each in a transaction of its own."""
    draw = random.Random(SEED)
    people = env["res.users"].search([("login", "=like", "bench-%")], order="id").ids
    senders = people[: max(1, len(people) // 20)]
    env.cr.execute("SELECT count(*) FROM yst_circulation_node")
    facts = {"nodes": env.cr.fetchone()[0], "people": len(people), "pages": {}}
    for page, who, act in (
        ("inbox.todo", people, lambda env: _inbox(env, "todo")),
        ("inbox.read", people, lambda env: _inbox(env, "read")),
        ("counter", people, _counter),
        ("sent", senders, _sent),
        ("matrix", senders, _matrix),
        ("urge", senders, _urge),
    ):
        times, statements, rows = [], 0, 0
        for visit in range(VISITS // 5 + 2):
            user = draw.choice(who)
            with env.registry.cursor() as cr:
                own = api.Environment(cr, user, {"lang": "en_US"})
                own.user.has_group("yst_base.group_cadre")  # who one is, is known in a session
                before, start = sql_db.sql_counter, time.perf_counter()
                rows = act(own)
                took = time.perf_counter() - start
                statements = sql_db.sql_counter - before
                cr.rollback()
            if visit >= 2:
                times.append(took)
        facts["pages"][page] = {"times": times, "statements": statements, "rows": rows}
    _say(facts)


def _inbox(env, folder):
    return len(env["yst.circulation.node"].get_inbox(folder)["rows"])


def _counter(env):
    return sum(env["yst.circulation.node"].get_counts().values())


def _sent(env):
    found = env["yst.circulation.item"].web_search_read(
        [("sender_id", "=", env.uid)],
        {"name": {}, "state": {}, "node_count": {}, "unread_count": {}, "late_count": {}},
        limit=80,
    )
    return len(found["records"])


def _one_item(env):
    return env["yst.circulation.item"].search([("sender_id", "=", env.uid)], limit=1)


def _matrix(env):
    return len(_one_item(env).get_matrix()["rows"])


def _urge(env):
    item = env["yst.circulation.item"].search(
        [("sender_id", "=", env.uid), ("node_ids.open", "=", True)], limit=1, order="id"
    )
    item.action_urge(late_only=False)
    return len(item)


