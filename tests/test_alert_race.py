"""Two bridges that report one event in the same moment make one alert of it."""

import pytest
from clones import needed, on_a_clone

pytestmark = needed
CODE = """
import uuid
import psycopg2
from odoo import api, SUPERUSER_ID
area = env["yst.area"].create({"name": "测试街道", "code": "610999001000", "kind": "subdistrict"})
camera = env["yst.video.camera"].create({
    "name": "测试", "gb_code": "61099900001310900001", "area_id": area.id, "kind": "security"})
camera._with_state_unlocked().write({"state": "active"})
rule = env["yst.video.rule"].create({"camera_id": camera.id, "kind": "crowd", "dispatch": "none"})
bridges = env["yst.video.bridge"].create(
    [{"name": f"网桥{n}", "uid": str(uuid.uuid4())} for n in range(2)])
camera, rule, bridges = camera.id, rule.id, bridges.ids
env.cr.commit()

def report(env, bridge, event=None):
    moment = "2026-11-24T04:00:00.000Z"
    return env["yst.video.alert"]._ingest(env["yst.video.bridge"].browse(bridge), [{
        "uid": event or str(uuid.uuid4()), "sequence": 1, "event": "open", "camera": camera,
        "rule": rule, "kind": "crowd", "started_at": moment, "at": moment, "ended_at": None,
        "score": 0.9, "count": 8, "reading": None, "boxes": [], "snapshots": [], "clip": None}])

def beside(first, second):
    '''The second has begun before the first ends; what becomes of it.'''
    with env.registry.cursor() as one, env.registry.cursor() as two:
        for cr in (one, two):
            cr.execute("SELECT 1")
        report(api.Environment(one, SUPERUSER_ID, {}), first)
        one.commit()
        try:
            said = report(api.Environment(two, SUPERUSER_ID, {}), second)
            two.commit()
            return said[0]["status"]
        except psycopg2.errors.SerializationFailure:
            two.rollback()
            return "again " + report(api.Environment(two, SUPERUSER_ID, {}), second)[0]["status"]

print("BESIDE", beside(*bridges))
env.cr.commit()
print("ALERTS", env["yst.video.alert"].search_count([("camera_id", "=", camera)]))
"""


@pytest.fixture(scope="module")
def said():
    with on_a_clone("race") as server:
        yield server.script(CODE)


def test_the_second_of_two_transactions_is_run_again_and_joins_the_first(said):
    assert "BESIDE again stored" in said
    assert "ALERTS 1" in said
