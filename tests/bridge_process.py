"""Processes that stand for parts of a bridge in the tests; run by the bridge's own Python.

``feed``     puts alerts into a spool, as a shard does, and notes what it has put
``clip``     lays the clip of an alert ready for delivery
``deliver``  delivers what lies in a spool, as the supervisor does, and reads no camera
``cameras``  serves a clip as many cameras; obeys lines on standard input
"""

import asyncio
import itertools
import json
import os
import random
import sys
import time
import uuid
from pathlib import Path


def jump():
    """Let the wall clock differ by the seconds that stand in a file."""
    file, right = os.environ.get("YST_TEST_CLOCK"), time.time
    if not file:
        return

    def wrong():
        try:
            return right() + float(Path(file).read_text())
        except (OSError, ValueError):
            return right()

    time.time = wrong


jump()  # before anybody has bound time.time

from video_bridge.model import AlertEvent, Box, Snapshot  # noqa: E402
from video_bridge.spool import Spool  # noqa: E402


class Journal:
    """What is about to be put and what has been put, one line each, never buffered."""

    def __init__(self, path):
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(self, mark, events):
        lines = [json.dumps([mark, e.uid, e.sequence, e.event, [s.sha256 for s in e.snapshots]])
                 for e in events]
        os.write(self.file, ("\n".join(lines) + "\n").encode())


class Episode:
    """One made-up episode."""

    def __init__(self, chance, cameras, photo, steps):
        self.uid, self.camera = str(uuid.uuid4()), chance.choice(cameras)
        self.chance, self.photo, self.left, self.sequence = chance, photo, steps, 0
        self.started = time.time()

    def step(self):
        self.sequence += 1
        self.left -= 1
        kind = "open" if self.sequence == 1 else "update" if self.left else "close"
        now = time.time()
        pictures = ()
        if self.photo and self.chance.random() < 0.3:
            pictures = (self._picture(now),)
        return AlertEvent(
            self.uid, self.sequence, kind, self.camera, 0, "intrusion", self.started, now,
            now if kind == "close" else None, 0.9, self.sequence, None,
            (Box(0.1, 0.2, 0.1, 0.3, 0.9),), pictures)

    def _picture(self, now):
        """The photo with a comment in it, so that no two are alike."""
        import hashlib

        note = uuid.uuid4().bytes
        jpeg = self.photo[:2] + b"\xff\xfe" + (len(note) + 2).to_bytes(2, "big") + note
        jpeg += self.photo[2:]
        return Snapshot(now, jpeg, 320, 180, hashlib.sha256(jpeg).hexdigest())


def feed(spool_path, journal_path, cameras, photo_path, pause, count, steps):
    """Put the steps of many episodes that go on side by side; `count` 0 is without end."""
    chance = random.Random(os.urandom(8))
    spool, journal = Spool(spool_path, reserve=0), Journal(journal_path)
    photo = Path(photo_path).read_bytes() if photo_path != "-" else b""
    ids = [int(word) for word in cameras.split(",")]
    begun, going = 0, []
    for _number in itertools.count():
        while len(going) < 8 and (not int(count) or begun < int(count)):
            going.append(Episode(chance, ids, photo, int(steps) or chance.randint(2, 6)))
            begun += 1
        if not going:
            break
        events = [e.step() for e in chance.sample(going, chance.randint(1, len(going)))]
        going = [e for e in going if e.left]
        journal.note("?", events)
        spool.put(events)
        if not spool.stats().in_memory:
            journal.note("+", events)
        time.sleep(float(pause))
    while not spool.flush():
        time.sleep(0.05)
    sys.stdout.write("fed\n")


def clip(folder, video, uid):
    """Lay the clip of an alert ready for delivery, as a shard does."""
    from video_bridge.recording.store import Clip, ClipStore

    store = ClipStore(Path(folder), 10**9)
    store.add(Clip(uid, 1, time.time() - 20, 12.0, "h264"),
              lambda path: path.write_bytes(Path(video).read_bytes()) and None)


def deliver(settings_path):
    """Deliver until killed."""
    from video_bridge.fleet import NoCameras
    from video_bridge.uplink import Uplink

    from video_bridge import settings

    chosen = settings.load(settings_path)
    spool = Spool(chosen.spool_path, reserve=0)
    asyncio.run(Uplink(chosen, spool, NoCameras()).run())


async def serve(clip, port, user):
    from video_bridge.sample_server import SampleServer, load_clip

    credentials = tuple(user.split(":")) if user != "-" else None
    server = SampleServer([load_clip(Path(clip), "cam")], credentials=credentials)
    sys.stdout.write(f"{await server.start('127.0.0.1', int(port))}\n")
    sys.stdout.flush()
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        words = line.split()
        match words:
            case ["fault", kind, *cameras]:
                server.faults.update(dict.fromkeys(cameras, kind))
            case ["well"]:
                server.faults.clear()
            case ["drop"]:
                server.drop_all()
            case ["user", name, password]:
                server.credentials = (name, password)
            case ["connects"]:
                pass
        answer = {"connections": len(server.connections),
                  "connects": server.statistics.connects if words == ["connects"] else None}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def main():
    command, *arguments = sys.argv[1:]
    if command == "cameras":
        asyncio.run(serve(*arguments))
    else:
        {"feed": feed, "clip": clip, "deliver": deliver}[command](*arguments)


if __name__ == "__main__":
    main()
