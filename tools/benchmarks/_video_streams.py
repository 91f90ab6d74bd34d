"""Streams into alerts: our shards beside one cv2.VideoCapture per camera, on the same streams.

The clips are made of the street video: `street` is the video itself, with people in it at all
times, `quiet` the empty street with fresh sensor noise in every picture; both 640 × 360, 12.5
pictures a second, a key frame every two seconds, H.264 at CRF 23. An occupancy of 10 % means that
one camera in ten shows the street.

This file is a program of the bridge's environment and prints one JSON object::

    .local/bridge/bin/python tools/benchmarks/_video_streams.py MODE [--cameras N] …

CPU is what the processes under measurement have used (user and system), without the server that
plays the cameras; it runs beside them on the same machine.
"""

import argparse
import asyncio
import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from fractions import Fraction
from pathlib import Path

SIZE, RATE, GOP, CRF = (640, 360), Fraction(25, 2), 25, "23"
SECONDS = 20
NOISE = 2.0
# crop of the street video that gives SIZE without scaling
TOP, LEFT = 100, 64
# until the compressed-domain gate knows the cameras: 12 key frames, more where the machine is busy
WARM_UP, MOST = 30, 75
KNOWN = 0.97  # of the quiet cameras
TICK = os.sysconf("SC_CLK_TCK")


def measure(python, clips, mode, cameras, *, seconds=15, occupancy=0.1, detector="auto",
            shards=0, timeout=120):
    """Run one mode in a process of the bridge's Python; what it found, as a dictionary.

    Modes: `cv2` (a capture and a thread for each camera, every picture decoded, nothing looked
    for), `pixel` (ours, every key frame decoded, pixel gate, detector, rules, spool), `both` (the
    same with the compressed-domain gate), `ingest` (ours without decoding).
    """
    command = [
        str(python), __file__, mode, "--clips", str(clips), "--cameras", str(cameras),
        "--seconds", str(seconds), "--occupancy", str(occupancy), "--detector", detector,
        "--shards", str(shards),
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, timeout=timeout, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def make_clips(python, video, folder, timeout=120):
    """Make the two clips in a folder unless they are there; what they are, as a dictionary."""
    command = [str(python), __file__, "clips", "--clips", str(folder), "--video", str(video)]
    done = subprocess.run(command, stdout=subprocess.PIPE, timeout=timeout, check=True)
    return json.loads(done.stdout.splitlines()[-1])


# -- clips -----------------------------------------------------------------------------------------


def _clips(options):
    import av
    import numpy as np

    folder = options.clips
    folder.mkdir(parents=True, exist_ok=True)
    if not all((folder / f"{name}.mp4").exists() for name in ("street", "quiet")):
        width, height = SIZE
        frames = []
        with av.open(str(options.video)) as container:
            for frame in container.decode(video=0):
                image = frame.to_ndarray(format="bgr24")
                frames.append(image[TOP:TOP + height, LEFT:LEFT + width])
        _encode(folder / "street.mp4", frames[:int(SECONDS * RATE)])
        empty = np.median(np.stack(frames[::16]), axis=0)
        chance = np.random.default_rng(1)

        def quiet():
            for _ in range(int(SECONDS * RATE)):
                noise = chance.normal(0, NOISE, (height, width, 1))
                yield np.clip(empty + noise, 0, 255).astype(np.uint8)

        _encode(folder / "quiet.mp4", quiet())
    return _described(folder)


def _encode(path, frames):
    import av
    import numpy as np

    part = path.with_suffix(".part")
    with av.open(str(part), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        stream.options = {
            "preset": "veryfast", "tune": "zerolatency", "crf": CRF,
            "x264-params": f"keyint={GOP}:min-keyint={GOP}:scenecut=0",
        }
        for number, image in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="bgr24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    part.replace(path)


def _described(folder):
    from video_bridge.sample_server import load_clip

    found = {}
    for name in ("street", "quiet"):
        clip = load_clip(folder / f"{name}.mp4")
        size = sum(len(packet) for frame in clip.frames for packet in frame.packets)
        found[name] = {
            "key_frame_kb": round(clip.key_kilobytes, 1),
            "kbit_s": round(size * 8 / clip.seconds / 1000),
        }
    return found


# -- the cameras -----------------------------------------------------------------------------------


@contextlib.contextmanager
def _served(clips):
    """A server process; its port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "video_bridge", "sample-server", "--clips", str(clips),
         "--port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        yield int(re.search(r":(\d+)/", line)[1]), process.pid
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def _addresses(port, cameras, occupancy):
    """Occupied cameras are spread evenly over all."""
    occupied = {int(place / occupancy) for place in range(round(cameras * occupancy))} \
        if occupancy else set()
    return [f"rtsp://127.0.0.1:{port}/{'street' if n in occupied else 'quiet'}/{n}"
            for n in range(cameras)]


def _cpu(pids):
    """Seconds of CPU that these processes have used so far."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / TICK


def _rss(pids):
    """MiB of memory that these processes hold: resident, and without what they share."""
    resident = own = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            resident += int(re.search(r"Rss:\s+(\d+)", text)[1])
            own += sum(int(size) for size in re.findall(r"Private_\w+:\s+(\d+)", text))
    return round(resident / 1024, 1), round(own / 1024, 1)


# -- the peer --------------------------------------------------------------------------------------


def _cv2(options):
    os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = (
        "rtsp_transport;tcp|analyzeduration;100000|probesize;32768|threads;1")
    os.environ["OPENCV_FFMPEG_LOGLEVEL"] = "-8"
    import cv2

    cv2.setNumThreads(1)
    counts, ready, stop = [0] * options.cameras, [], threading.Event()

    def read(place, address):
        capture = cv2.VideoCapture(address, cv2.CAP_FFMPEG)
        while not stop.is_set():
            done, _image = capture.read()
            if not done:
                return
            if not counts[place]:
                ready.append(place)
            counts[place] += 1

    with _served(options.clips) as (port, _pid):
        began = time.monotonic()
        threads = [threading.Thread(target=read, args=pair, daemon=True) for pair in
                   enumerate(_addresses(port, options.cameras, options.occupancy))]
        for thread in threads:
            thread.start()
        while len(ready) < options.cameras and time.monotonic() - began < 30:
            time.sleep(0.05)
        opened = time.monotonic() - began
        time.sleep(3)
        cpu, before, start = _cpu([os.getpid()]), sum(counts), time.monotonic()
        time.sleep(options.seconds)
        took = time.monotonic() - start
        used, pictures = _cpu([os.getpid()]) - cpu, sum(counts) - before
        stop.set()
        resident, _own = _rss([os.getpid()])
    return {
        "mode": "cv2", "cameras": options.cameras, "open_s": round(opened, 2),
        "opened": len(ready), "pictures_per_camera_s": round(pictures / took / options.cameras, 2),
        "rss_mib": resident, **_load(used, took, options.cameras),
    }


def _load(used, took, cameras):
    """What the CPU time comes to."""
    percent = 100 * used / took
    return {
        "cpu_percent_of_core": round(percent, 1),
        "cpu_ms_per_camera_s": round(1000 * used / took / cameras, 3),
        "cameras_per_core": round(cameras / (percent / 100), 1) if percent else None,
    }


# -- ours ------------------------------------------------------------------------------------------


async def _ours(options):
    from video_bridge.model import Camera, Rule
    from video_bridge.shard import ShardSettings
    from video_bridge.spool import Spool
    from video_bridge.supervisor import Supervisor

    # a crowd of five comes and goes all the time in `street`: alerts that have to be spooled
    crowd = Rule(1, "crowd", threshold=5, duration=0, params={"release": 0.0, "hits": 1})
    with _served(options.clips) as (port, server), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spool.db"
        spool = Spool(path)
        settings = ShardSettings(
            0, path, detector=options.detector, log_level="error",
            decode=options.mode != "ingest", compressed_gate=options.mode == "both")
        shards = options.shards or (1 if options.mode == "ingest" else os.cpu_count() or 1)
        supervisor = Supervisor(settings, shards, spool)
        await supervisor.start()
        await _until(lambda: not supervisor.problems(), 30)
        addresses = _addresses(port, options.cameras, options.occupancy)
        cameras = [Camera(n + 1, str(n), str(n), address, rules=(crowd,))
                   for n, address in enumerate(addresses)]
        pids = [*supervisor.pids, os.getpid()]
        began = time.monotonic()
        supervisor.assign(cameras, ())
        await _until(lambda: _sum(supervisor, "opened") == options.cameras, 30)
        opened = time.monotonic() - began
        await _until(lambda: sum(h.online for h in supervisor.health()) == options.cameras, 30)
        online = time.monotonic() - began
        warm = {"ingest": 2.0, "pixel": 6.0, "both": WARM_UP}[options.mode]
        await asyncio.sleep(max(0.0, warm - (time.monotonic() - began)))
        if options.mode == "both":
            quiet = KNOWN * sum("/quiet/" in address for address in addresses)
            await _until(lambda: _sum(supervisor, "trusted") >= quiet,
                         MOST - (time.monotonic() - began))
        cpu, server_cpu, start = _cpu(pids), _cpu([server]), time.monotonic()
        before = _counts(supervisor)
        await asyncio.sleep(options.seconds)
        took = time.monotonic() - start
        used, server_used = _cpu(pids) - cpu, _cpu([server]) - server_cpu
        await asyncio.sleep(1.1)
        counts = {key: value - before[key] for key, value in _counts(supervisor).items()}
        resident, own = _rss(supervisor.pids)
        reports = [one for one in supervisor.reports.values() if one]
        found = {
            "mode": options.mode, "cameras": options.cameras, "occupancy": options.occupancy,
            "shards": shards, "detector": reports[0].detector if reports else None,
            "open_s": round(opened, 2), "online_s": round(online, 2),
            "online": sum(h.online for h in supervisor.health()),
            "trusted_gates": _sum(supervisor, "trusted"),
            "rss_mib": resident, "private_mib": own,
            "mbit_s": round(8e-6 * counts["bytes"] / took, 1),
            "server_cpu_percent": round(100 * server_used / took, 1),
            **{key: counts[key] for key in ("keys", "dropped", "skipped", "decoded", "detections",
                                            "events", "lost")},
            **_load(used, took, options.cameras),
            **_latencies(reports, start),
        }
        await supervisor.stop()
        spool.close()
    return found


def _counts(supervisor):
    names = ("bytes", "keys", "dropped", "skipped", "lost")
    inner = ("decoded", "detections", "events")
    reports = [one for one in supervisor.reports.values() if one]
    return {
        **{name: sum(getattr(one, name) for one in reports) for name in names},
        **{name: sum(getattr(one.figures, name) for one in reports) for name in inner},
    }


def _sum(supervisor, name):
    return sum(getattr(one, name) for one in supervisor.reports.values() if one)


def _latencies(reports, since):
    """Milliseconds from a whole key frame to the verdict on it, and to its event on the disk."""
    found = {}
    for name in ("looked", "spooled"):
        values = sorted(
            1000 * value for one in reports
            for at, value in getattr(one.figures, f"last_{name}") if at >= since)
        found[f"{name}_n"] = len(values)
        if values:
            found[f"{name}_p50_ms"] = round(statistics.median(values), 1)
            found[f"{name}_p99_ms"] = round(values[min(len(values) - 1, len(values) * 99 // 100)],
                                            1)
    return found


async def _until(holds, seconds):
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        await asyncio.sleep(0.02)


def main():
    """One mode; one JSON object."""
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=("clips", "cv2", "pixel", "both", "ingest"))
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--video", type=Path)
    parser.add_argument("--cameras", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--occupancy", type=float, default=0.1)
    parser.add_argument("--detector", default="auto")
    parser.add_argument("--shards", type=int, default=0, help="0: one for each core")
    options = parser.parse_args()
    if options.mode == "clips":
        found = _clips(options)
    elif options.mode == "cv2":
        found = _cv2(options)
    else:
        found = asyncio.run(_ours(options))
    print(json.dumps(found), flush=True)
    os._exit(0)  # threads of the peer may hang in a read


if __name__ == "__main__":
    main()
