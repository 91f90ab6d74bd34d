"""What the circulation benchmark does with official documents inside Odoo's shell, with its `env`;
also used by tests/test_document_numbers.py."""

import io
import json
import os
import random
import time

from psycopg2 import errors

from odoo import api, fields, sql_db

SEED = 20261124
WORD = 2_000  # words that the texts are made of
LENGTH = 300  # words in a text
VISITS = 40
BUSY = (errors.LockNotAvailable, errors.SerializationFailure, errors.DeadlockDetected)


def _say(facts):
    print("FACTS " + json.dumps(facts))


# -- numbers ---------------------------------------------------------------------------------------


def numbers(env, processes, each):
    """Documents signed and waiting for their number, numbered by so many processes at once: by
    us, by Odoo's sequence without gaps, and by the whole step of the form."""
    desk, code, sequence = _desk(env)
    facts = {}
    for way in ("allot", "sequence", "register"):
        ids = _waiting(env, desk, code, processes * each)
        facts[way] = in_processes(
            env, processes,
            lambda index, db, way=way, ids=ids: _work(
                db, desk.id, way, ids[index::processes], sequence.id
            ),
        )
        documents = env["yst.document"].browse(ids)
        documents.invalidate_recordset()
        given = [one.number_value for one in documents]
        facts[way] |= {
            "numbers": len(given),
            "repeats": len(given) - len(set(given)),
            "gaps": max(given) - min(given) + 1 - len(set(given)),
            "first": min(given),
            "per_second": len(given) / facts[way]["s"],
        }
    register = env["yst.document.number"].search([("code_id", "=", code.id)])
    facts["register_values"] = sorted(register.mapped("value"))
    _say(facts)


def _desk(env):
    env.user.group_ids += env.ref("yst_document.group_document_manager")
    code = env["yst.document.code"].create({"name": "测办发", "issuer": "测试街道办事处"})
    sequence = env["ir.sequence"].create({"name": "bench", "implementation": "no_gap"})
    env.cr.commit()
    return env.user, code, sequence


def _waiting(env, desk, code, count):
    documents = env["yst.document"].create(
        [
            {"name": f"Notice {n}", "body": "<p>One.</p>", "code_id": code.id}
            for n in range(count)
        ]
    )
    documents._with_state_unlocked().write(
        {"state": "register", "signed_at": fields.Datetime.now(), "signer_id": desk.id}
    )
    env.cr.commit()
    return documents.ids


def _work(db, uid, way, ids, sequence):
    """Number documents one after the other, each in its own transaction; how often anew."""
    again = 0
    for one in ids:
        while True:
            with db.cursor() as cr:
                env = api.Environment(cr, uid, {})
                document = env["yst.document"].browse(one)
                try:
                    if way == "register":
                        document.action_register()
                    elif way == "allot":
                        document._allot_number()
                    else:
                        value = int(env["ir.sequence"].browse(sequence).next_by_id())
                        document.sudo().write({"number_value": value, "number": str(value),
                                               "number_year": 1, "code_id": False})
                    env.flush_all()
                    cr.commit()
                    break
                except BUSY:
                    cr.rollback()
                    again += 1
            time.sleep(random.random() * 0.01)
    return {"again": again}


def in_processes(env, count, work):
    """``work(index, db)`` in so many forked processes that begin together: their wall time, and
    the sums of what they answer. ``db`` gives cursors on connections of their own."""
    env.flush_all()
    env.cr.commit()
    wait, go = os.pipe()
    children = []
    for index in range(count):
        answer, write = os.pipe()
        pid = os.fork()
        if not pid:
            status = 1
            try:
                os.close(go)
                os.read(wait, 1)  # until the parent lets go
                begun = time.time()
                found = work(index, _own_connections(env))
                os.write(write, json.dumps({**found, "from": begun, "to": time.time()}).encode())
                status = 0
            except BaseException as error:
                os.write(write, json.dumps({"error": repr(error)}).encode())
            finally:
                os._exit(status)  # nothing of the parent's is closed on the way out
        os.close(write)
        children.append((pid, answer))
    os.close(wait)
    time.sleep(0.5)
    os.close(go)
    found = []
    for pid, answer in children:
        with os.fdopen(answer) as stream:
            found.append(json.loads(stream.read()))
        os.waitpid(pid, 0)
    if broken := [one["error"] for one in found if "error" in one]:
        raise RuntimeError(f"{len(broken)} of {count}: {broken[0]}")
    sums = {key: sum(one[key] for one in found) for key in found[0] if key not in ("from", "to")}
    seconds = max(one["to"] for one in found) - min(one["from"] for one in found)
    return {**sums, "s": seconds, "processes": count}


def _own_connections(env):
    kept.append((sql_db._Pool, sql_db._Pool_readonly))
    sql_db._Pool = sql_db._Pool_readonly = None
    db = sql_db.db_connect(env.cr.dbname)
    env.registry._db = db
    return db


kept = []  # a connection of the parent's is not closed by a child


# -- search ----------------------------------------------------------------------------------------


def texts(env, count):
    """So many documents with texts of words of two to four characters, some common, most rare."""
    from odoo.addons.yst_document import search_text

    draw = random.Random(SEED)
    vocabulary = _vocabulary()
    weights = [1 / (rank + 10) for rank in range(WORD)]
    first = env["yst.document"].create({"name": "0", "body": "<p>0</p>"})
    env.flush_all()
    cr = env.cr
    cr.execute("DROP INDEX IF EXISTS yst_document_search_text_idx")
    for begin in range(0, count, 5_000):
        rows = io.StringIO()
        for _n in range(min(5_000, count - begin)):
            words = draw.choices(vocabulary, weights, k=LENGTH)
            title, body = "".join(words[:8]), "".join(words)
            doubled = search_text.doubled(f"{title}\n{body}")
            rows.write(f"{title}\t<p>{body}</p>\t{body}\t{doubled}\n")
        rows.seek(0)
        cr.execute("CREATE TEMP TABLE given (name text, body text, body_text text, found text)")
        cr._obj.copy_expert("COPY given FROM STDIN", rows)
        cr.execute(
            "INSERT INTO yst_document (name, body, body_text, search_text, direction, kind,"
            " urgency, secrecy, state, layout, drafter_id, create_uid, write_uid, create_date,"
            " write_date)"
            " SELECT given.name, given.body, given.body_text, given.found, direction, kind,"
            " urgency, secrecy, 'issued', layout, drafter_id, create_uid, write_uid,"
            " create_date, write_date FROM given, yst_document pattern WHERE pattern.id = %s",
            [first.id],
        )
        cr.execute("DROP TABLE given")
    env["yst.document"].init()
    env.cr.commit()
    env.cr._cnx.autocommit = True
    env.cr.execute("VACUUM ANALYZE yst_document")
    env.cr._cnx.autocommit = False
    env.cr.execute(
        "SELECT count(*), pg_relation_size('yst_document_search_text_idx') FROM yst_document"
    )
    documents, size = env.cr.fetchone()
    _say({"documents": documents, "index_mb": round(size / 2**20)})


def _vocabulary():
    draw = random.Random(SEED)
    signs = [chr(draw.randrange(0x4E00, 0x9FA5)) for _n in range(1_500)]
    return [
        "".join(draw.choices(signs, k=draw.choice((2, 2, 2, 3, 4)))) for _n in range(WORD)
    ]


def searches(env):
    """The first page and its count, as the web client asks for them, for words by our index and
    by Odoo's own way (title or text, ilike)."""
    env.user.group_ids += env.ref("yst_document.group_document_registrar")
    env.cr.commit()
    draw = random.Random(os.getpid())
    vocabulary = _vocabulary()
    domains = {
        "words": lambda word: [("words", "ilike", word)],
        "peer": lambda word: ["|", ("name", "ilike", word), ("body_text", "ilike", word)],
    }
    times = {(way, kind): [] for way in domains for kind in ("common", "rare", "two")}
    for visit in range(VISITS // 5):
        common, rare = draw.choice(vocabulary[:50]), draw.choice(vocabulary[500:])
        for kind, query in (("common", common), ("rare", rare), ("two", f"{common} {rare}")):
            counts = {}
            for way, domain in domains.items():
                if way == "peer" and visit:  # it reads every text: once a round is enough
                    continue
                if way == "peer" and kind == "two":
                    wanted = [one for word in query.split() for one in domain(word)]
                else:
                    wanted = domain(query)
                with env.registry.cursor() as cr:
                    documents = api.Environment(cr, env.uid, {"lang": "en_US"})["yst.document"]
                    begun = time.perf_counter()
                    page = documents.web_search_read(
                        wanted, {"name": {}, "number": {}, "state": {}}, limit=80,
                        count_limit=10_001,
                    )
                    times[way, kind].append(time.perf_counter() - begun)
                    counts[way] = page["length"]
            if len(set(counts.values())) != 1:
                raise ValueError(f"{query}: {counts}")
    _say({"times": {f"{way}.{kind}": found for (way, kind), found in times.items()}})
