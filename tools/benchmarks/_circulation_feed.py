"""What the benchmark of the work feed does inside Odoo's shell, with its `env`."""

import random
import time

from odoo import api, sql_db

from tools.benchmarks._circulation import SEED, _people, _say

PEOPLE = 200
VILLAGES = 27
GRIDS = 8
IN_DEPARTMENTS = 24
VISITS = 22


def fill(env, posts):
    """So many posts of 200 people, a third for each scope, with photos and likes."""
    users = _people(env, PEOPLE)
    areas = _areas(env)
    departments = env["hr.department"].create([{"name": f"D{n}"} for n in range(2)])
    for number, user in enumerate(users[:IN_DEPARTMENTS]):
        env["hr.employee"].create(
            {
                "name": user.name,
                "user_id": user.id,
                "department_id": departments[number % len(departments)].id,
            }
        )
    for number, user in enumerate(users):
        # one in ten answers for the whole subdistrict
        user.jurisdiction_ids = areas[0] if number % 10 == 0 else areas[1 + number % VILLAGES]
    env.flush_all()
    env.cr.execute(
        """
        INSERT INTO yst_feed_post (author_id, area_id, department_id, scope, state, text,
            published_at, like_count, comment_count, create_date, write_date, create_uid,
            write_uid)
        SELECT person, place.area_id, CASE WHEN n %% 3 = 1 THEN (%(departments)s)[1 + n %% 2] END,
               (ARRAY['office', 'department', 'area'])[1 + n %% 3], 'visible', 'Post ' || n,
               (now() AT TIME ZONE 'UTC') - n * interval '1 minute', 1, 0, now(), now(), 1, 1
          FROM generate_series(1, %(posts)s) AS n,
               LATERAL (SELECT (%(users)s)[1 + (hashint8(n) & 2147483647) %% %(people)s] AS person)
                   AS chosen
          JOIN yst_user_jurisdiction_rel place ON place.user_id = person
        """,
        {
            "departments": departments.ids,
            "posts": posts,
            "users": users.ids,
            "people": len(users),
        },
    )
    env.cr.execute(
        """
        INSERT INTO yst_evidence (name, kind, res_model, res_id, mimetype, sha256, user_id,
            create_date, write_date, create_uid, write_uid)
        SELECT 'photo.jpg', 'photo', 'yst.feed.post', post.id, 'image/jpeg', '0', author_id,
            now(), now(), 1, 1
          FROM yst_feed_post post, generate_series(1, 3) WHERE post.id % 2 = 0
        """
    )
    env.cr.execute(
        "INSERT INTO yst_feed_like (post_id, user_id) SELECT id, author_id FROM yst_feed_post"
    )
    env.cr.commit()
    env.cr._cnx.autocommit = True
    for table in ("yst_feed_post", "yst_evidence", "yst_feed_like"):
        env.cr.execute(f"VACUUM ANALYZE {table}")
    env.cr._cnx.autocommit = False
    env.cr.execute("SELECT count(*) FROM yst_feed_post")
    _say({"posts": env.cr.fetchone()[0], "people": len(users)})


def _areas(env):
    """A subdistrict, its villages, and a few grids in each."""
    areas = env["yst.area"]
    street = areas.create({"name": "Street", "code": "990000009000", "kind": "subdistrict"})
    villages = areas.create(
        [
            {"name": f"V{n}", "code": f"990000009{n + 1:03}", "kind": "village",
             "parent_id": street.id}
            for n in range(VILLAGES)
        ]
    )
    areas.create(
        [
            {"name": f"{village.name} {n}", "code": f"{village.code}{n + 1:03}", "kind": "grid",
             "parent_id": village.id}
            for village in villages
            for n in range(GRIDS)
        ]
    )
    return street | villages


def pages(env):
    """Times of each page for people taken at random, each in a transaction of its own."""
    draw = random.Random(SEED)
    people = env["res.users"].search([("login", "=like", "bench-%")], order="id").ids
    env.cr.execute(
        "SELECT count(*), percentile_disc(0.5) WITHIN GROUP (ORDER BY published_at)"
        " FROM yst_feed_post"
    )
    posts, middle = env.cr.fetchone()
    deep = [str(middle.replace(microsecond=0)), 0]
    env.cr.rollback()
    facts = {"posts": posts, "people": len(people), "pages": {}}
    for page, before, scope in (
        ("feed.first", None, "all"),
        ("feed.middle", deep, "all"),
        ("feed.area", None, "area"),
    ):
        times, statements, rows = [], 0, 0
        for visit in range(VISITS + 2):
            user = draw.choice(people)
            with env.registry.cursor() as cr:
                own = api.Environment(cr, user, {"lang": "en_US"})
                own.user.has_group("yst_base.group_cadre")  # who one is, is known in a session
                own.user._feed_area_ids()
                counted, start = sql_db.sql_counter, time.perf_counter()
                rows = len(own["yst.feed.post"].get_page(before, scope)["rows"])
                took = time.perf_counter() - start
                statements = sql_db.sql_counter - counted
                cr.rollback()
            if visit >= 2:
                times.append(took)
        facts["pages"][page] = {"times": times, "statements": statements, "rows": rows}
    _say(facts)
