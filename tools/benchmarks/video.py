"""Cameras into orders: streams, the whole pipeline of 632 cameras, alerts into Odoo, the screen.

Streams: ours beside one cv2.VideoCapture per camera on the same clips (see _video_streams).
Alerts: our interface beside one JSON-2 `create` per alert (see _video_ingest). Where a figure has
a limit instead of a peer, the peer is that limit.
"""

import json
import os
import secrets
import statistics
import subprocess

from tools import bridge, console, database, paths, postgres, process, server, setup, video
from tools.bench import ROUNDS, result
from tools.benchmarks import _video_ingest, _video_screen, _video_streams
from tools.benchmarks.service import _drop_leftovers, serving
from tools.console import Trouble

PREFIX = "yst_bench_"
CAMERAS = 632  # of Xincheng
PEER_CAMERAS, OUR_CAMERAS = 40, 200
CLIPS = paths.VIDEO / "bench"
PROGRAM = """
import json, sys
sys.path.insert(0, {root!r})
from tools.benchmarks import _video_ingest
print("FACTS " + json.dumps(_video_ingest.prepare(env)))
"""


def run(options):
    """Measure; one result (a dictionary) after the other."""
    ready = setup.ensure(tests=True)
    made = bridge.ensure()
    if made is None or not made.models:
        raise Trouble("the video bridge cannot be measured here: see the warning above",
                      "it needs Python 3.11 or later, and the network once for its models")
    yield from streams()
    yield from office()
    yield detectors()
    yield from odoo(ready, options)


# -- streams ------------------------------------------------------------------


def streams():
    """Cameras per core: captures, ours with the pixel gate, ours with both gates; in turn."""
    clips = _video_streams.make_clips(paths.BRIDGE_PYTHON, paths.SAMPLE_VIDEO, CLIPS)
    modes = {"cv2": PEER_CAMERAS, "pixel": OUR_CAMERAS, "both": OUR_CAMERAS}
    found = {mode: [] for mode in modes}
    with console.step("Streams: captures, pixel gate, both gates",
                      lambda: f"round {len(found['both']) + 1} of {ROUNDS},"):
        for _round in range(ROUNDS):
            for mode, cameras in modes.items():
                found[mode].append(_measure(mode, cameras, seconds=10))
    peer = _median(found["cv2"], "cameras_per_core")
    sizes = ", ".join(f"{name} {clip['key_frame_kb']:g} KB" for name, clip in clips.items())
    for mode, target in (("pixel", 3), ("both", 6)):
        ours = found[mode]
        yield result(
            f"video.streams.{mode}", OUR_CAMERAS, _median(ours, "cameras_per_core"), peer,
            unit="cameras per core", target=target, more_is_better=True, rounds=ROUNDS,
            notes=f"360p12.5, GOP 2 s, key frames: {sizes}; {ours[0]['occupancy']:.0%} occupied; "
            f"ours with detector {ours[0]['detector']}, rules and spool, on {ours[0]['shards']} "
            f"shards; peer: a cv2.VideoCapture and thread for each of {PEER_CAMERAS} cameras, "
            f"every picture decoded, nothing looked for; dropped key frames: "
            f"{sum(one['dropped'] for one in ours)} of {sum(one['keys'] for one in ours)}",
        )


def office():
    """All cameras of Xincheng at once: opening, ingest, the whole pipeline."""
    with console.step(f"{CAMERAS} streams: ingest, then everything"):
        ingest = _measure("ingest", CAMERAS, seconds=15)
        whole = _measure("both", CAMERAS, seconds=20)
    about = f"{CAMERAS} RTSP/TCP streams from one local server; peer: the limit"
    yield _limit("video.open", ingest["open_s"], 5, "s", about)
    yield _limit("video.ingest.cpu", ingest["cpu_percent_of_core"], 15, "% of a core",
                 f"{about}; no decoding, {ingest['mbit_s']} Mbit/s, one shard")
    yield _limit("video.ingest.memory", ingest["rss_mib"], 150, "MiB", about)
    yield _limit(
        "video.pipeline.cpu", whole["cpu_percent_of_core"], 100, "% of a core",
        f"{about}; both gates, detector {whole['detector']}, {whole['occupancy']:.0%} occupied, "
        f"{whole['shards']} shards, {whole['rss_mib']} MiB; {whole['dropped']} of {whole['keys']} "
        f"key frames dropped, {whole['online']} online, server {whole['server_cpu_percent']} % "
        "beside it",
    )
    yield _limit(
        "video.pipeline.latency", whole.get("spooled_p99_ms", float("inf")), 500, "ms p99",
        f"{about}; whole key frame → alert on the disk, {whole['spooled_n']} alerts, "
        f"p50 {whole.get('spooled_p50_ms')} ms; key frame → verdict p50 "
        f"{whole.get('looked_p50_ms')} ms, p99 {whole.get('looked_p99_ms')} ms",
    )


def _measure(mode, cameras, seconds):
    return _video_streams.measure(paths.BRIDGE_PYTHON, CLIPS, mode, cameras, seconds=seconds,
                                  timeout=180)


def _median(found, name):
    return statistics.median(one[name] for one in found)


def _limit(bench, ours, limit, unit, notes):
    return result(bench, CAMERAS, float(ours), float(limit), unit=unit, target=1, notes=notes)


def detectors():
    """What one picture costs the detectors, f32 beside bf16."""
    with console.step("Detectors"):
        done = subprocess.run(
            [paths.BRIDGE_PYTHON, paths.ROOT / "tools" / "benchmarks" / "_video_detect.py",
             paths.SAMPLE_VIDEO, paths.MODELS],
            stdout=subprocess.PIPE, env=bridge.environment(), check=True, timeout=180,
        )
    found = json.loads(done.stdout.splitlines()[-1])
    known = {f"{one['name']} {one['precision']}": one["ms"] for one in found["detectors"]}
    rules = ", ".join(f"{kind} {ms} ms" for kind, ms in found["rules_ms"].items())
    hog = next((ms for name, ms in known.items() if "hog" in name or "opencv" in name), None)
    best = min(known.values())
    return result(
        "video.detector", found["rounds"], best, hog or best, unit="ms of CPU a picture",
        notes="; ".join(f"{name} {ms} ms" for name, ms in known.items())
        + f"; rules: {rules}; peer: HOG",
    )


# -- Odoo ---------------------------------------------------------------------


def odoo(ready, options):
    """Alerts a second and statements an alert; from the bridge's disk to the screen."""
    with postgres.session() as sql:
        conf = setup.write_config(ready, sql)
        _drop_leftovers(sql)
        pid = os.getpid()
        name = f"{PREFIX}{pid}_{process.start_time(pid)}_{secrets.token_hex(2)}"
        try:
            server.ensure_database(ready, sql, conf, name, sample=True)
            facts = _facts(ready, conf, name, PROGRAM.format(root=str(paths.ROOT)), "FACTS ")
            facts = json.loads(facts)
            pair = _facts(ready, conf, name, _video_screen.CAMERAS, "PAIR ").split()
            key = paths.KEYS / f"bridge-{name}.key"
            with serving(ready, conf, name) as (port, log):
                yield _video_ingest.measure(port, log, name, facts)
                yield _video_ingest.measure(port, log, name, facts, framed=False, target=None,
                                            bench="video.ingest.base64")
                yield _video_ingest.measure(port, log, name, facts, kilobytes=0, batch=500,
                                            bench="video.ingest.plain")
                video.key(ready, sql, conf, name)
                yield _video_screen.measure(port, name, key, pair, "community",
                                            "yst-Community-2026")
        finally:
            (paths.KEYS / f"bridge-{name}.key").unlink(missing_ok=True)
            if options.keep:
                if database.exists(sql, name):
                    database.set_facts(sql, name, kept=True)
                    console.say(f"  kept: database {name}")
            else:
                database.drop(sql, name)


def _facts(ready, conf, name, code, mark):
    """What a program inside Odoo's shell prints behind a mark."""
    log = console.new_log("bench")
    out = database.script(ready, conf, name, code, log, "the database could not be prepared")
    lines = [line for line in out.splitlines() if line.startswith(mark)]
    if not lines:
        raise Trouble("the database was not prepared", "see the log", log)
    return lines[-1].removeprefix(mark)
