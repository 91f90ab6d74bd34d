"""The SQL of the service benchmark: copies pattern rows many times, applications and tickets alike.

One plan (table bench_plan) says who came when, about what, where, to whom, and how it ended; both
sides are written from it, so that each has the same people, places, clerks, ages and outcomes.
"""

SEED = 0.42
FIRST = 1_000_000  # ids on both sides, so that none looks like another number in a request
# (state, part) of what came in within the last 30 days; all else has ended
OPEN_DAYS = 30
OPEN_MIX = (("submitted", 0.24), ("correction", 0.10), ("resubmitted", 0.04), ("accepted", 0.16),
            ("reviewing", 0.14), ("appointed", 0.08), ("onsite", 0.04))
ENDED_MIX = (("completed", 0.93), ("terminated", 0.98), ("refused", 1.0))  # cumulative
STAGES = {  # of the peer, for each of our states
    "submitted": "new", "correction": "awaiting", "resubmitted": "in_progress",
    "accepted": "in_progress", "reviewing": "in_progress", "appointed": "in_progress",
    "onsite": "in_progress", "completed": "done", "terminated": "cancelled",
    "refused": "rejected",
}  # fmt: skip
NOW = "(now() AT TIME ZONE 'UTC')"
CLOSING = "interval '15 hours 59 minutes 59 seconds'"  # the day's end in China, in UTC
TABLES = (
    "res_partner", "yst_service_case", "yst_service_case_line", "yst_service_case_event",
    "yst_clock_event", "yst_number", "helpdesk_ticket", "mail_message", "mail_tracking_value",
    "mail_followers", "mail_followers_mail_message_subtype_rel", "rating_rating",
    "helpdesk_ticket_helpdesk_ticket_tag_rel", "yst_area", "yst_service_item",
)  # fmt: skip


def settings(cr):
    """Quick and repeatable writing; foreign keys hold by construction."""
    cr.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    if cr.fetchone()[0]:
        cr.execute("SET session_replication_role = replica")
    cr.execute("SET synchronous_commit = off")
    cr.execute("SET work_mem = '256MB'")
    cr.execute("SELECT setseed(%s)", [SEED])


def analyse(cr):
    """What autovacuum would have done by then."""
    cr.execute("RESET session_replication_role")
    for table in TABLES:
        cr.execute(f"ANALYZE {table}")


def counts(cr):
    """Rows of each table, for the report."""
    found = {}
    for table in TABLES:
        cr.execute(f"SELECT count(*) FROM {table}")
        found[table] = cr.fetchone()[0]
    return found


def multiply(cr, table, pattern, source, values):
    """Insert one row of `table` for each row `s` of `source`: the pattern row `p` with `values`
    (SQL by column) in place of its own. The number of rows."""
    cr.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
        " AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
        [table],
    )
    columns = [row[0] for row in cr.fetchall()]
    unknown = set(values) - set(columns)
    if unknown:
        raise ValueError(f"{table} has no column {', '.join(sorted(unknown))}")
    if "id" in columns:
        values = {"id": f"nextval(pg_get_serial_sequence('{table}', 'id'))", **values}
    names = ", ".join(f'"{name}"' for name in columns)
    taken = ", ".join(values.get(name, f'p."{name}"') for name in columns)
    cr.execute(
        f"INSERT INTO {table} ({names}) SELECT {taken} FROM {table} p, {source} s WHERE p.id = %s",
        [pattern],
    )
    return cr.rowcount


def _cases(mix, otherwise):
    return "CASE " + " ".join(f"WHEN {when} THEN {then}" for when, then in mix) + \
        f" ELSE {otherwise} END"


def residents(cr, patterns, places, count):
    """The residents, spread over the grids; cipher and index are random text of true length."""
    cr.execute("CREATE TABLE bench_grid (n int PRIMARY KEY, area_id int, place int)")
    grids = [(grid, place["n"]) for place in places for grid in place["grids"]]
    cr.execute_values(
        "INSERT INTO bench_grid VALUES %s",
        [(n, grid, place) for n, (grid, place) in enumerate(grids)],
    )
    cr.execute("SELECT max(id) FROM res_partner")
    base = cr.fetchone()[0]
    source = (
        f"(SELECT i, {base} + i AS id, '居民' || lpad(i::text, 6, '0') AS name, g.area_id,"
        f" md5(i::text) AS hash, lpad((i %% 10000)::text, 4, '0') AS tail"
        f" FROM generate_series(1, {count}) i JOIN bench_grid g ON g.n = i %% {len(grids)})"
    )
    multiply(cr, "res_partner", patterns["person"], source, {
        "id": "s.id",
        "commercial_partner_id": "s.id",
        "name": "s.name",
        "complete_name": "s.name",
        "area_id": "s.area_id",
        "birthdate": "date '1940-01-01' + (s.i %% 25000)",
        "identity_masked": "'110105********' || s.tail",
        "identity_index": "s.hash || md5(s.hash)",
        "identity_cipher": "rpad('g', length(p.identity_cipher), s.hash)",
        "phone": "'138****' || s.tail",
        "mobile_masked": "'138****' || s.tail",
        "mobile_index": "md5(s.hash) || s.hash",
        "mobile_cipher": "rpad('g', length(p.mobile_cipher), s.hash)",
    })
    cr.execute("SELECT setval('res_partner_id_seq', (SELECT max(id) FROM res_partner))")
    cr.execute("CREATE TABLE bench_base AS SELECT %s AS partner, %s AS residents", [base, count])


def plan(env, patterns, places, resident, count, own):
    """Who came when, about what, to whom, and how it ended: one row for both sides."""
    cr = env.cr
    cr.execute("CREATE TABLE bench_place (n int PRIMARY KEY, team_id int, clerk0 int, clerk1 int)")
    cr.execute_values(
        "INSERT INTO bench_place VALUES %s",
        [(one["n"], one["team"], *one["clerks"]) for one in places],
    )
    cr.execute(
        """CREATE TABLE bench_item AS
           SELECT row_number() OVER (ORDER BY i.code) - 1 AS n, i.id AS item_id, v.id AS version_id,
                  i.category_id, v.promised_limit AS days, v.name
             FROM yst_service_item i JOIN yst_service_item_version v ON v.id = i.current_version_id
            WHERE i.published"""
    )
    shares, before = [], 0.0
    for state, part in OPEN_MIX:
        before += part
        shares.append((f"age < {OPEN_DAYS} AND dice < {before:.4f}", f"'{state}'"))
    ended = [(f"fate < {up_to}", f"'{state}'") for state, up_to in ENDED_MIX[:-1]]
    state = _cases(shares + ended, f"'{ENDED_MIX[-1][0]}'")
    cr.execute("SELECT count(*) FROM bench_item")
    items = cr.fetchone()[0]
    cr.execute("SELECT count(*) FROM bench_grid")
    grids = cr.fetchone()[0]
    # the earlier an application came, the smaller its id
    cr.execute(
        f"""CREATE TABLE bench_draw AS
            SELECT i, 365 * (1 - (i - random()) / {count}) AS age, random() AS dice,
                   random() AS fate, random() AS speed, random() AS desk,
                   floor({items} * power(random(), 1.7))::int AS item_n
              FROM generate_series(1, {count}) i"""
    )
    cr.execute(
        f"""CREATE TABLE bench_plan AS
            SELECT d.i, i.item_id, i.version_id, i.category_id, i.days, i.name, d.speed,
                   b.partner + 1 + (d.i * 3) % b.residents AS partner_id,
                   g.area_id, g.place, pl.team_id, {state} AS state,
                   {NOW} - d.age * interval '1 day' AS begun,
                   CASE WHEN d.desk < 0.5 THEN pl.clerk0 ELSE pl.clerk1 END AS clerk_id
              FROM bench_draw d
              JOIN bench_base b ON true
              JOIN bench_item i ON i.n = d.item_n
              JOIN bench_grid g ON g.n = (1 + (d.i * 3) % b.residents) % {grids}
              JOIN bench_place pl ON pl.n = g.place"""
    )
    # the resident's own: the same number on both sides, old and new ones
    cr.execute(
        f"""UPDATE bench_plan SET partner_id = %s, area_id = %s, place = 0, team_id = %s,
                   clerk_id = %s
             WHERE i IN (SELECT {count} - (n * n * {count} / {own * own + 1})::int
                           FROM generate_series(0, {own - 1}) n)""",
        [resident["partner"], places[0]["grids"][0], places[0]["team"], places[0]["clerks"][0]],
    )
    cr.execute(
        f"""ALTER TABLE bench_plan ADD accepted timestamp, ADD ended timestamp;
            UPDATE bench_plan SET
                accepted = CASE WHEN state NOT IN ('submitted', 'correction', 'resubmitted',
                                                   'refused')
                    THEN LEAST(begun + (0.5 + 3 * speed) * interval '1 day',
                               {NOW} - interval '1 minute') END;
            UPDATE bench_plan SET
                ended = CASE WHEN state IN ('completed', 'terminated', 'refused')
                    THEN LEAST(COALESCE(accepted, begun) + speed * days * 1.5 * interval '1 day',
                               {NOW} - interval '1 second') END;
            UPDATE bench_plan SET clerk_id = NULL WHERE state = 'submitted' AND speed < 0.6;
            CREATE INDEX ON bench_plan (i);
            ANALYZE bench_plan"""
    )
    cr.execute(
        """CREATE TABLE bench_step AS
           SELECT i, 1 AS n, 'received' AS kind, begun AS at FROM bench_plan
           UNION ALL SELECT i, 2, 'correction_asked', begun + interval '6 hours' FROM bench_plan
                      WHERE state IN ('correction', 'resubmitted')
           UNION ALL SELECT i, 3, 'resubmitted', begun + interval '9 hours' FROM bench_plan
                      WHERE state = 'resubmitted'
           UNION ALL SELECT i, 4, 'accepted', accepted FROM bench_plan WHERE accepted IS NOT NULL
           UNION ALL SELECT i, 5, state, ended FROM bench_plan WHERE ended IS NOT NULL"""
    )


def cases(cr, patterns):
    """Our side: applications with materials, timeline, clock, numbers and ratings."""
    cr.execute(
        """CREATE TABLE bench_number AS
           SELECT i, date_part('year', begun + interval '8 hours')::int AS year,
                  row_number() OVER (PARTITION BY date_part('year', begun + interval '8 hours')
                                     ORDER BY i) AS n
             FROM bench_plan"""
    )
    cr.execute("DELETE FROM yst_number WHERE code = 'BJ' AND id <> %s", [patterns["number"]])
    cr.execute("UPDATE yst_number SET period = 'pattern' WHERE id = %s", [patterns["number"]])
    cr.execute("UPDATE yst_service_case SET number = NULL WHERE id = %s", [patterns["case"]])
    multiply(cr, "yst_number", patterns["number"], "bench_number",
             {"period": "s.year::text", "value": "s.n"})
    due = f"date_trunc('day', %s + %s * 1.4 * interval '1 day') + {CLOSING}"
    multiply(
        cr, "yst_service_case", patterns["case"],
        "(SELECT *, " + due % ("COALESCE(accepted, begun)",
                               "CASE WHEN accepted IS NULL THEN 5 ELSE days END") +
        " AS due FROM bench_plan JOIN bench_number USING (i))",
        {
            "id": f"{FIRST} + s.i",
            "number": "'BJ' || s.year || lpad(s.n::text, 6, '0')",
            "item_id": "s.item_id",
            "version_id": "s.version_id",
            "category_id": "s.category_id",
            "applicant_id": "s.partner_id",
            "principal_id": "s.partner_id",
            "area_id": "s.area_id",
            "user_id": "s.clerk_id",
            "channel": "CASE WHEN s.speed < 0.7 THEN 'portal' ELSE 'window' END",
            "state": "s.state",
            "submitted_at": "s.begun",
            "accepted_at": "s.accepted",
            "completed_at": "CASE WHEN s.state = 'completed' THEN s.ended END",
            "terminated_at": "CASE WHEN s.state IN ('terminated', 'refused') THEN s.ended END",
            "terminated_count": "(s.state IN ('terminated', 'refused'))::int",
            "terminate_reason_id": "CASE WHEN s.state IN ('terminated', 'refused') THEN"
                                   " (SELECT id FROM yst_service_reason WHERE kind ="
                                   " CASE s.state WHEN 'refused' THEN 'refuse' ELSE 'terminate'"
                                   " END ORDER BY id LIMIT 1) END",
            "result_text": "CASE WHEN s.state = 'completed' THEN '已办结，请领取结果' END",
            "correction_count": "(s.state IN ('correction', 'resubmitted'))::int",
            "clock_start": "COALESCE(s.accepted, s.begun)",
            "clock_limit": "CASE WHEN s.accepted IS NULL THEN 5 ELSE s.days END",
            "clock_run": "CASE WHEN s.accepted IS NULL THEN 1 ELSE 2 END",
            "clock_deadline": "s.due",
            "clock_stop": "s.ended",
            "clock_paused_since": "CASE WHEN s.state = 'correction'"
                                  " THEN s.begun + interval '6 hours' END",
            "create_date": "s.begun",
            "write_date": "COALESCE(s.ended, s.accepted, s.begun)",
            "create_uid": "COALESCE(s.clerk_id, p.create_uid)",
            "access_token": "NULL",
        },
    )
    cr.execute("SELECT setval('yst_service_case_id_seq', (SELECT max(id) FROM yst_service_case))")
    cr.execute("CREATE TABLE bench_case AS SELECT i, %s + i AS case_id FROM bench_plan", [FIRST])
    _materials(cr, patterns)
    timeline = "(SELECT * FROM bench_step JOIN bench_case USING (i) JOIN bench_plan USING (i))"
    multiply(cr, "yst_service_case_event", patterns["event"], f"{timeline[:-1]} ORDER BY at)", {
        "case_id": "s.case_id", "kind": "s.kind", "at": "s.at", "area_id": "s.area_id",
        "item_id": "s.item_id", "user_id": "COALESCE(s.clerk_id, p.user_id)", "note": "NULL",
    })
    multiply(
        cr, "yst_clock_event", patterns["clock"],
        timeline[:-1] + " WHERE kind NOT IN ('refused', 'terminated'))",
        {
            "res_id": "s.case_id",
            "run": "CASE WHEN s.n < 4 THEN 1 ELSE 2 END",
            "kind": "CASE s.kind WHEN 'received' THEN 'start' WHEN 'accepted' THEN 'restart'"
                    " WHEN 'correction_asked' THEN 'pause' WHEN 'resubmitted' THEN 'resume'"
                    " ELSE 'stop' END",
            "at": "s.at",
            "amount": "CASE s.kind WHEN 'received' THEN 5 WHEN 'accepted' THEN s.days ELSE 0 END",
        },
    )
    multiply(
        cr, "rating_rating", patterns["rating"],
        "(SELECT * FROM bench_case JOIN bench_plan USING (i)"
        " WHERE state = 'completed' AND speed < 0.4)",
        {
            "res_id": "s.case_id", "partner_id": "s.partner_id", "rating": "5",
            "res_name": "'BJ'", "access_token": "md5(s.case_id::text)", "create_date": "s.ended",
        },
    )


def _materials(cr, patterns):
    """Three materials of each application: those of its guide, in their order."""
    cr.execute(
        """CREATE TABLE bench_material AS
           SELECT i.version_id, k, m.id AS material_id, COALESCE(m.name, '补充材料') AS name,
                  COALESCE(m.required, false) AS required
             FROM bench_item i CROSS JOIN generate_series(1, 3) k
             LEFT JOIN (SELECT *, row_number() OVER (PARTITION BY version_id ORDER BY sequence, id)
                               AS k FROM yst_service_material) m USING (version_id, k)"""
    )
    multiply(
        cr, "yst_service_case_line", patterns["line"],
        "(SELECT * FROM bench_case JOIN (SELECT i, version_id, state FROM bench_plan) p USING (i)"
        " JOIN bench_material USING (version_id) ORDER BY i, k)",
        {
            "case_id": "s.case_id",
            "material_id": "s.material_id",
            "name": "s.name",
            "required": "s.required",
            "sequence": "s.k * 10",
            "state": "CASE WHEN s.state = 'submitted' THEN 'uploaded'"
                     " WHEN s.state = 'correction' AND s.k = 1 THEN 'rejected'"
                     " WHEN s.state = 'resubmitted' AND s.k = 1 THEN 'uploaded'"
                     " ELSE 'accepted' END",
            "reason_id": "CASE WHEN s.state = 'correction' AND s.k = 1 THEN (SELECT id FROM"
                         " yst_service_reason WHERE kind = 'material' ORDER BY id LIMIT 1) END",
            "correction_number": "(s.state IN ('correction', 'resubmitted') AND s.k = 1)::int",
            "revision": "(s.state = 'resubmitted' AND s.k = 1)::int",
        },
    )


def tickets(cr, patterns):
    """The peer's side: tickets of the same people, at the same places, with the same clerks."""
    stages = _cases(
        [(f"s.state = '{state}'",
          "(SELECT res_id FROM ir_model_data WHERE module = 'helpdesk_mgmt' AND name ="
          f" 'helpdesk_ticket_stage_{stage}')") for state, stage in STAGES.items()], "NULL")
    multiply(
        cr, "helpdesk_ticket", patterns["ticket"],
        "(SELECT *, (SELECT array_agg(id ORDER BY id) FROM helpdesk_ticket_category) AS kinds"
        " FROM bench_plan)",
        {
            "id": f"{FIRST} + s.i",
            "number": "'HT' || lpad(s.i::text, 5, '0')",
            "name": "s.name",
            "description": "'<p>' || repeat(s.name || '，请告知需要哪些材料。', 4) || '</p>'",
            "partner_id": "s.partner_id",
            "commercial_partner_id": "s.partner_id",
            "partner_name": "'居民' || s.partner_id",
            "partner_email": "'r' || s.partner_id || '@example.com'",
            "team_id": "s.team_id",
            "user_id": "s.clerk_id",
            "category_id": "s.kinds[1 + s.i %% 4]",
            "stage_id": stages,
            "unattended": "s.state = 'submitted'",
            "last_stage_update": "COALESCE(s.ended, s.accepted, s.begun)",
            "assigned_date": "CASE WHEN s.clerk_id IS NOT NULL THEN s.begun END",
            "closed_date": "s.ended",
            "create_date": "s.begun",
            "write_date": "COALESCE(s.ended, s.accepted, s.begun)",
            "create_uid": "COALESCE(s.clerk_id, p.create_uid)",
            "access_token": "NULL",
        },
    )
    cr.execute("SELECT setval('helpdesk_ticket_id_seq', (SELECT max(id) FROM helpdesk_ticket))")
    cr.execute("CREATE TABLE bench_ticket AS SELECT i, %s + i AS ticket_id FROM bench_plan",
               [FIRST])
    cr.execute(
        """INSERT INTO helpdesk_ticket_helpdesk_ticket_tag_rel
                  (helpdesk_ticket_id, helpdesk_ticket_tag_id)
           SELECT ticket_id, (SELECT id FROM helpdesk_ticket_tag ORDER BY id OFFSET i % 5 LIMIT 1)
             FROM bench_ticket WHERE i % 3 = 0"""
    )
    # followers as the peer itself adds them: who wrote the ticket, and who is assigned to it
    for column in ("partner_id", "clerk_partner"):
        cr.execute("SELECT COALESCE(max(id), 0) FROM mail_followers")
        last = cr.fetchone()[0]
        multiply(
            cr, "mail_followers", patterns["follower"],
            "(SELECT t.*, b.partner_id, u.partner_id AS clerk_partner FROM bench_ticket t"
            " JOIN bench_plan b USING (i) LEFT JOIN res_users u ON u.id = b.clerk_id"
            f" WHERE {'u.partner_id' if column == 'clerk_partner' else 'b.partner_id'}"
            " IS NOT NULL)",
            {"res_id": "s.ticket_id", "partner_id": f"s.{column}"},
        )
        cr.execute(
            """INSERT INTO mail_followers_mail_message_subtype_rel
               SELECT f.id, r.mail_message_subtype_id
                 FROM mail_followers f, mail_followers_mail_message_subtype_rel r
                WHERE f.id > %s AND r.mail_followers_id = %s""",
            [last, patterns["follower"]],
        )


def messages(cr, patterns):
    """One message for each step, on both sides; the peer's say what changed, as it logs it."""
    step = "(SELECT * FROM bench_step JOIN bench_{0} USING (i) JOIN bench_plan USING (i) {1})"
    common = {
        "date": "s.at", "create_date": "s.at", "write_date": "s.at", "parent_id": "NULL",
        "author_id": "COALESCE((SELECT partner_id FROM res_users WHERE id = s.clerk_id),"
                     " p.author_id)",
    }  # fmt: skip
    multiply(cr, "mail_message", patterns["case_message"], step.format("case", "ORDER BY at"), {
        **common, "res_id": "s.case_id", "message_id": "'<c' || s.case_id || '.' || s.n || '@b>'",
    })
    multiply(cr, "mail_message", patterns["ticket_created"],
             step.format("ticket", "WHERE kind = 'received'"), {
                 **common, "res_id": "s.ticket_id", "message_id": "'<t' || s.ticket_id || '@b>'"})
    cr.execute("SELECT max(id) FROM mail_message")
    last = cr.fetchone()[0]
    multiply(cr, "mail_message", patterns["ticket_changed"],
             step.format("ticket", "WHERE kind <> 'received' ORDER BY at"), {
                 **common, "res_id": "s.ticket_id",
                 "message_id": "'<t' || s.ticket_id || '.' || s.n || '@b>'"})
    multiply(
        cr, "mail_tracking_value", patterns["tracking"],
        f"(SELECT id, date FROM mail_message WHERE id > {last} AND model = 'helpdesk.ticket')",
        {"mail_message_id": "s.id", "create_date": "s.date"},
    )


def remove(cr, patterns):
    """Take the patterns out again, and the tables of the plan."""
    for table, key in (
        ("rating_rating", "rating"), ("yst_number", "number"),
    ):
        cr.execute(f"DELETE FROM {table} WHERE id = %s", [patterns[key]])
    for table, column, key, model in (
        ("yst_service_case_event", "case_id", "case", None),
        ("yst_service_case_line", "case_id", "case", None),
        ("yst_clock_event", "res_id", "case", "yst.service.case"),
        ("mail_message", "res_id", "case", "yst.service.case"),
        ("mail_message", "res_id", "ticket", "helpdesk.ticket"),
        ("mail_followers", "res_id", "ticket", "helpdesk.ticket"),
        ("mail_followers", "res_id", "case", "yst.service.case"),
        ("yst_service_case", "id", "case", None),
        ("helpdesk_ticket", "id", "ticket", None),
    ):
        where = f"{column} = %s"
        if model:
            where += f" AND {'model' if table == 'mail_message' else 'res_model'} = '{model}'"
        cr.execute(f"DELETE FROM {table} WHERE {where}", [patterns[key]])
    cr.execute(
        """DELETE FROM mail_tracking_value v WHERE NOT EXISTS
                  (SELECT FROM mail_message m WHERE m.id = v.mail_message_id);
           DELETE FROM mail_followers_mail_message_subtype_rel r WHERE NOT EXISTS
                  (SELECT FROM mail_followers f WHERE f.id = r.mail_followers_id)"""
    )
    cr.execute("DROP TABLE bench_grid, bench_base, bench_place, bench_item, bench_draw, bench_plan,"
               " bench_step, bench_number, bench_case, bench_material, bench_ticket")
