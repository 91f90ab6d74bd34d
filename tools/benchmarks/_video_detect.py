"""What the bridge's eyes cost, in milliseconds of CPU, printed as JSON. A process of its own.

Called by the bench with the bridge's Python::

    python tools/benchmarks/_video_detect.py VIDEO MODELS
"""

import json
import sys
import time
from pathlib import Path

import cv2
from video_bridge.detect import open_detector
from video_bridge.model import Rule
from video_bridge.replay import picture_of
from video_bridge.rules import Scene, new_judge
from video_bridge.snapshot import pixelated, take

ROUNDS = 25
WIDTH, HEIGHT = 640, 360
DETECTORS = ("openvino", "openvino-f32", "onnxruntime", "hog")
KINDS = ("crowd", "intrusion", "loitering", "obstruction", "tamper")


def main() -> int:
    """Measure and print; 0, or 1 when the video cannot be read."""
    video, models = Path(sys.argv[1]), Path(sys.argv[2])
    cv2.setNumThreads(1)
    frames = _frames(video)
    if not frames:
        print(json.dumps({"problem": f"{video.name} cannot be read"}))
        return 1
    found: dict[str, object] = {"width": WIDTH, "height": HEIGHT, "rounds": ROUNDS}
    found["detectors"] = [d for d in (_detector(n, models, frames) for n in DETECTORS) if d]
    found["rules_ms"] = _rules(models, frames)
    shown = frames[0]
    found["snapshot_ms"] = _cost(lambda _n: take(0.0, shown))
    found["pixelate_ms"] = _cost(lambda _n: pixelated(shown, None))
    print(json.dumps(found))
    return 0


def _frames(video: Path) -> list:
    capture, frames = cv2.VideoCapture(str(video)), []
    for number in range(200):
        good, frame = capture.read()
        if not good:
            break
        if number % 20 == 0:
            frames.append(cv2.resize(frame[110:542], (WIDTH, HEIGHT)))
    return frames


def _cost(work, rounds: int = ROUNDS) -> float:
    """CPU milliseconds of this process for one call; the median of single calls."""
    work(0)
    costs = []
    for number in range(rounds):
        begun = time.process_time()
        work(number)
        costs.append((time.process_time() - begun) * 1000)
    return round(sorted(costs)[len(costs) // 2], 2)


def _detector(preference: str, models: Path, frames: list) -> dict | None:
    detector = open_detector(preference, models=models)
    wanted = preference.removesuffix("-f32")
    if detector is None or not detector.name.endswith(wanted.replace("hog", "opencv")):
        return None  # it fell back: not what was to be measured
    persons = sum(len([b for b in detector.people(f) if b.score >= 0.5]) for f in frames)
    rounds = 5 if wanted == "hog" else ROUNDS
    return {
        "name": detector.name,
        "precision": detector.precision,
        "ms": _cost(lambda n: detector.people(frames[n % len(frames)]), rounds),
        "persons": persons,
    }


def _rules(models: Path, frames: list) -> dict[str, float]:
    """What each rule costs for one picture, the persons being known."""
    detector = open_detector("auto", models=models)
    people = [tuple(detector.people(frame)) if detector else () for frame in frames]
    pictures = [picture_of(float(n), frame) for n, frame in enumerate(frames)]
    costs = {}
    for kind in KINDS:
        judge = new_judge(Rule(1, kind, duration=60, params={"learn": 5}))

        def look(number: int, judge=judge) -> None:
            which = number % len(frames)
            clock = number * 2.0
            judge.look(Scene(clock, clock, pictures[which], True, people[which]))

        for number in range(20):
            look(number)
        costs[kind] = _cost(lambda number, look=look: look(number + 20))
    return costs


if __name__ == "__main__":
    sys.exit(main())
