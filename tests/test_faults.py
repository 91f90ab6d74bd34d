"""Faults: a server killed in the middle of residents' work, and a full disk, lose nothing.

A server of its own works on a clone of the template database. Residents apply over HTTP, as the
pages' scripts do, until the server is killed with SIGKILL; then it is started again and the
database is held against what the server had acknowledged.
"""

import hashlib
import io
import random
import re
import secrets
import threading
import time
from collections import defaultdict

import pytest
import requests
from clones import needed, on_a_clone
from PIL import Image, ImageDraw

from tools import paths

pytestmark = needed

ROUNDS = 6
RESIDENTS = 3
PASSWORD = "faults-Resident-2026"
ITEM = "SB-990"
# Bytes of the largest file that the "full" disk takes. A request of less than 500 KiB is held in
# memory, so that a photo between the two fails where it is stored, a larger one on arrival.
LARGEST_FILE = 300_000
PEOPLE = f"""
from odoo.fields import Command
office = env["yst.area"].create(
    {{"name": "测试街道", "code": "999999001000", "kind": "subdistrict"}})
area = env["yst.area"].create({{
    "name": "测试社区", "code": "999999001001", "kind": "community", "parent_id": office.id}})
weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
for n in range({RESIDENTS}):
    user = env["res.users"].with_context(no_reset_password=True).create({{
        "name": f"居民{{n}}（示例）", "login": f"faults{{n}}", "password": "{PASSWORD}",
        "group_ids": [Command.set(env.ref("base.group_portal").ids)],
    }})
    first = f"61090219600101{{100 + n}}"
    check = "10X98765432"[sum(w * int(d) for w, d in zip(weights, first)) % 11]
    user.partner_id.write({{"is_resident": True, "area_id": area.id}})
    user.partner_id._set_identity("resident_id", first + check)
    user.partner_id._set_mobile(f"1540000100{{n}}")
item = env["yst.service.item"].create({{
    "code": "{ITEM}", "category_id": env["yst.service.category"].search([], limit=1).id}})
env["yst.service.item.version"].create({{
    "item_id": item.id, "name": "测试事项", "kind": "public", "audience": "居民",
    "conditions": "无", "steps": "网上提交", "legal_limit": 20, "promised_limit": 5,
    "legal_basis": "示例", "fee": "不收费", "result": "通知", "online": "full", "visits": 0,
    "material_ids": [Command.create({{"name": name, "form": "original", "required": True}})
                     for name in ("材料一", "材料二")],
}}).action_publish()
env.cr.commit()
print("made", area.id)
"""


class Journal:
    """What residents tried, and what the server said was done."""

    def __init__(self):
        self.notes = defaultdict(list)  # case: [(text, acknowledged)]
        self.photos = set()  # (line, SHA-256 of the file sent)
        self.handed_in = set()  # case
        self.cut_off = []  # what was under way when the server died
        self.refused = []  # answers that should not have been
        self.steps = []  # one for each that was acknowledged


class Phone:
    """One resident's session; it outlives the server, as on a phone."""

    def __init__(self, served, login, journal):
        self.served, self.login, self.journal = served, login, journal
        self.session = requests.Session()
        self.session.trust_env = False
        self.token = ""
        self.count = 0

    def log_in(self):
        page = self.session.get(self.served.base + "/web/login", timeout=30).text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        answer = self.session.post(
            self.served.base + "/web/login", timeout=30, allow_redirects=False,
            data={"login": self.login, "password": PASSWORD, "csrf_token": token},
        )
        assert answer.status_code == 303, answer.text[:500]
        page = self.session.get(self.served.base + "/my/identity", timeout=60).text
        self.token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]

    def post(self, path, data, photo=None):
        files = {"file": ("photo.jpg", photo, "image/jpeg")} if photo else {"_": ("", b"")}
        return self.session.post(
            self.served.base + path, data={**data, "csrf_token": self.token}, files=files,
            headers={"Accept": "application/json"}, timeout=30, allow_redirects=False,
        )

    def draft(self):
        """(application, its materials), begun now or found again."""
        answer = self.session.get(
            f"{self.served.base}/my/apply/{ITEM}", timeout=30, allow_redirects=False
        )
        assert answer.status_code == 303, answer.text[:500]
        case = int(re.search(r"/my/apply/(\d+)/", answer.headers["Location"])[1])
        lines = self.served.rows(
            "SELECT id FROM yst_service_case_line WHERE case_id = %s ORDER BY id", (case,)
        )
        return case, [line for (line,) in lines]

    def apply(self):
        """One application from the first tap to the last."""
        case, lines = self.draft()
        self._done(self.post(f"/my/apply/{case}/who", {"on_behalf": "0"}))
        self.count += 1
        note = f"备注{self.count}"
        notes = self.journal.notes[case]
        notes.append((note, False))
        self._done(self.post(f"/my/apply/{case}/details",
                             {"area_id": str(self.served.area), "note": note}))
        notes[-1] = (note, True)
        for line in lines:
            data = paper()
            self._done(self.post(f"/my/apply/{case}/upload", {"line": str(line)}, data))
            self.journal.photos.add((line, hashlib.sha256(data).hexdigest()))
        self._done(self.post(f"/my/apply/{case}/check", {"declared": "1"}))
        self.journal.handed_in.add(case)

    def work(self):
        """Apply again and again until the server dies."""
        try:
            while True:
                self.apply()
        except requests.RequestException as error:
            self.journal.cut_off.append(error.request.url if error.request else "")
        except AssertionError as error:
            self.journal.refused.append(str(error))

    def _done(self, answer):
        assert answer.status_code == 200, f"{answer.status_code} {answer.text[:500]}"
        self.journal.steps.append(answer.url)


def paper(size=(900, 1200)):
    """A sharp photo of a page, another one each time."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    rng = random.Random(secrets.token_bytes(8))
    for row in range(60, size[1] - 60, 40):
        for column in range(60, size[0] - 60, 26):
            draw.rectangle((column, row, column + rng.randint(4, 20), row + rng.randint(8, 20)),
                           fill="black")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()


def noise(size):
    """A photo that stays large however it is compressed."""
    out = io.BytesIO()
    Image.frombytes("RGB", size, random.Random(20261124).randbytes(size[0] * size[1] * 3)).save(
        out, "JPEG", quality=85)
    return out.getvalue()


@pytest.fixture(scope="module")
def served():
    with on_a_clone("faults") as one:
        one.area = int(re.search(r"made (\d+)", one.script(PEOPLE))[1])
        yield one


def start(served, **options):
    """Start the server and wait for it."""
    served.start(**options)
    served.ready_by()


@pytest.fixture(scope="module")
def journal():
    return Journal()


@pytest.fixture(scope="module")
def phones(served, journal):
    start(served)
    found = [Phone(served, f"faults{n}", journal) for n in range(RESIDENTS)]
    for phone in found:
        phone.log_in()
    return found


def test_killed_server_loses_nothing_and_leaves_nothing_half_done(served, phones, journal):
    chance = random.Random(20261124)
    # counted in steps, so that a slow machine does as much; an application has five
    lengths = [3 + 30 * n // (ROUNDS - 1) for n in range(ROUNDS)]
    chance.shuffle(lengths)
    for length in lengths:
        enough, patience = len(journal.steps) + length, time.monotonic() + 120
        threads = [threading.Thread(target=phone.work) for phone in phones]
        for thread in threads:
            thread.start()
        while len(journal.steps) < enough:
            assert time.monotonic() < patience, "the server takes nothing in"
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.15))
        served.kill()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive()
        start(served)
        assert not journal.refused
        check_nothing_lost(served, journal)
        check_nothing_half_done(served)
    assert len(journal.cut_off) == ROUNDS * RESIDENTS, "each phone was in the middle of something"
    assert len(journal.photos) >= 2 * ROUNDS and len(journal.handed_in) >= ROUNDS

    # everybody finishes what they had begun, with the photos and words that were kept
    for phone in phones:
        phone.apply()
    check_nothing_lost(served, journal)
    check_nothing_half_done(served)


def check_nothing_lost(served, journal):
    """All that was acknowledged is there: words, photos with their files, handing in."""
    cases = dict(served.rows("SELECT id, note FROM yst_service_case"))
    for case, notes in journal.notes.items():
        kept = [n for n, (_text, acknowledged) in enumerate(notes) if acknowledged]
        possible = [text for text, _acknowledged in notes[kept[-1] if kept else 0:]]
        assert cases[case] in possible + ([] if kept else [None]), (case, notes)
    stored = set(served.rows(
        "SELECT p.line_id, e.source_sha256 FROM yst_service_case_line_photo_rel p"
        " JOIN yst_evidence e ON e.id = p.evidence_id"
    ))
    assert journal.photos <= stored
    done = {case for (case,) in served.rows(
        "SELECT id FROM yst_service_case WHERE state = 'submitted'")}
    assert journal.handed_in <= done
    for name, sha256 in served.rows(
        "SELECT a.store_fname, e.sha256 FROM yst_evidence e JOIN ir_attachment a"
        " ON a.res_model = 'yst.evidence' AND a.res_id = e.id AND a.res_field = 'content'"
    ):
        content = (paths.FILESTORE / served.name / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == sha256


def check_nothing_half_done(served):
    """An application is a draft altogether, or handed in altogether; numbers run on."""
    rows = served.rows(
        """
        SELECT c.id, c.state, c.number, c.submitted_at IS NOT NULL, c.clock_deadline IS NOT NULL,
               (SELECT count(*) FROM yst_service_case_event e
                 WHERE e.case_id = c.id AND e.kind = 'received'),
               (SELECT count(*) FROM yst_clock_event k
                 WHERE k.res_model = 'yst.service.case' AND k.res_id = c.id),
               (SELECT count(*) FROM yst_service_case_line l
                 WHERE l.case_id = c.id AND (l.state = 'uploaded') <> EXISTS (
                       SELECT FROM yst_service_case_line_photo_rel p WHERE p.line_id = l.id)),
               (SELECT count(*) FROM yst_service_case_line l
                 WHERE l.case_id = c.id AND l.state = 'missing')
          FROM yst_service_case c
        """
    )
    numbers = []
    for case, state, number, submitted, due, received, clock, contradictory, missing in rows:
        assert not contradictory, case
        if state == "draft":
            assert (number, submitted, due, received, clock) == (None, False, False, 0, 0), case
        else:
            assert (state, submitted, due, received, clock, missing) == (
                "submitted", True, True, 1, 1, 0), case
            numbers.append(int(number[-6:]))
    assert sorted(numbers) == list(range(1, len(numbers) + 1)), "a gap or a repeat"
    drafts = served.rows(
        "SELECT count(*) FROM yst_service_case WHERE state = 'draft' GROUP BY applicant_id")
    assert all(count == 1 for (count,) in drafts)
    allotted = served.rows("SELECT value FROM yst_number WHERE code = 'BJ' ORDER BY value")
    assert [value for (value,) in allotted] == sorted(numbers)


def test_full_disk_is_told_and_the_draft_is_kept(served, phones):
    """The server may write no large file: as on a full disk, a part of it is written first."""
    served.kill()
    start(served, largest_file=LARGEST_FILE)
    phone, large, huge = phones[0], noise((800, 600)), noise((1600, 1200))
    assert LARGEST_FILE < len(large) < 480_000 and len(huge) > 600_000
    case, lines = phone.draft()
    details = {"area_id": str(served.area), "note": "磁盘满之前"}
    assert phone.post(f"/my/apply/{case}/details", details).status_code == 200
    small = phone.post(f"/my/apply/{case}/upload", {"line": str(lines[0])}, paper())
    assert small.status_code == 200, small.text[:500]

    before = stored_files(served)
    for _try in range(2):
        refused = phone.post(f"/my/apply/{case}/upload", {"line": str(lines[1])}, large)
        assert refused.status_code == 422, refused.text[:500]
        assert refused.json()["error"]["message"]
        assert "Traceback" not in refused.text and str(paths.FILESTORE) not in refused.text
    # not even the request finds room: the phone's script says so in its own words
    unread = phone.post(f"/my/apply/{case}/upload", {"line": str(lines[1])}, huge)
    assert unread.status_code >= 500 and "Traceback" not in unread.text, unread.text[:500]
    assert stored_files(served) == before, "a part of the file was left behind"
    [(note, state)] = served.rows(
        "SELECT note, state FROM yst_service_case WHERE id = %s", (case,))
    assert (note, state) == ("磁盘满之前", "draft")
    [(kept, line_state)] = served.rows(
        "SELECT (SELECT count(*) FROM yst_service_case_line_photo_rel WHERE line_id = %s), state"
        " FROM yst_service_case_line WHERE id = %s", (lines[0], lines[1]))
    assert (kept, line_state) == (1, "missing")

    # there is room again: the very same photo goes through, and the application with it
    served.kill()
    start(served)
    again = phone.post(f"/my/apply/{case}/upload", {"line": str(lines[1])}, large)
    assert again.status_code == 200, again.text[:500]
    assert phone.post(f"/my/apply/{case}/who", {"on_behalf": "0"}).status_code == 200
    assert phone.post(f"/my/apply/{case}/check", {"declared": "1"}).status_code == 200
    check_nothing_half_done(served)


def stored_files(served):
    """Photos in the filestore, marks for sweeping up aside."""
    folder = paths.FILESTORE / served.name
    return {
        path.relative_to(folder).as_posix() for path in folder.rglob("*")
        if path.is_file() and "checklist" not in path.parts
    }
