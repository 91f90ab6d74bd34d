"""The bridge's figures in the form that Prometheus collects."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from video_bridge import __version__
from video_bridge.looker import BOUNDS, Histogram
from video_bridge.spool import Spool
from video_bridge.supervisor import Supervisor
from video_bridge.uplink import Uplink

PREFIX = "video_bridge_"

_COUNTERS = {
    "received_bytes": ("bytes", "Bytes received from cameras"),
    "key_frames": ("keys", "Key frames received"),
    "key_frames_dropped": ("dropped", "Key frames replaced by newer ones before they were seen"),
    "key_frames_skipped": ("skipped", "Key frames of quiet cameras that were not decoded"),
    "connects": ("connects", "Connections opened to cameras"),
    "garbage_bytes": ("garbage", "Bytes skipped because they were not RTSP"),
    "lost_packets": ("lost", "Packets and key frames lost on the way"),
    "cpu_seconds": ("cpu", "Processor time of the shard"),
}
_FIGURES = {
    "decoded": ("decoded", "Pictures decoded"),
    "undecodable": ("undecodable", "Key frames that gave no picture"),
    "detections": ("detections", "Runs of the person detector"),
    "alert_events": ("events", "Alert events spooled"),
    "stills_made": ("stills", "Stills made"),
    "failures": ("failures", "Pictures lost to errors of our own"),
}
_CLIPS = {
    "clips_made": ("made", "Clips made"),
    "clips_failed": ("failed", "Clips that could not be made or kept"),
    "clips_dropped": ("dropped", "Clips dropped for want of room"),
    "recordings_shed": ("shed", "Recordings ended early for want of memory"),
}
_CLIP_GAUGES = {
    "recordings": ("recording", "Cameras recorded while an alert may open"),
    "recording_bytes": ("bytes", "Memory that recordings take"),
}
_GAUGES = {
    "queue_length": ("waiting", "Key frames that wait to be looked at"),
    "gate_trusted": ("trusted", "Cameras whose compressed-domain gate is trusted"),
}


class Figures:
    """Collects the figures of the whole bridge at the moment of asking."""

    def __init__(self, supervisor: Supervisor, spool: Spool, uplink: Uplink | None) -> None:
        self._supervisor = supervisor
        self._spool = spool
        self._uplink = uplink

    def text(self) -> bytes:
        """The page."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return generate_latest(registry)

    def collect(self) -> Iterator[Metric]:
        """The families, as prometheus_client asks for them."""
        yield _gauge("info", "The bridge", [((__version__,), 1.0)], ["version"])
        yield from self._cameras()
        yield from self._shards()
        yield from self._delivery()

    def _cameras(self) -> Iterator[Metric]:
        health = self._supervisor.health()
        yield _gauge("cameras", "Cameras assigned", [((), float(len(health)))], [])
        online = sum(one.online for one in health)
        yield _gauge("cameras_online", "Cameras online", [((), float(online))], [])
        problems: dict[str, int] = {}
        for one in health:
            if one.problem:
                problems[one.problem] = problems.get(one.problem, 0) + 1
        yield _gauge(
            "cameras_with_problem", "Cameras by problem",
            [((name,), float(count)) for name, count in sorted(problems.items())], ["problem"],
        )  # fmt: skip
        now = time.time()
        labels = ["camera"]
        yield _gauge(
            "camera_online", "Whether a camera is online",
            [((str(one.camera),), float(one.online)) for one in health], labels,
        )  # fmt: skip
        yield _gauge(
            "camera_key_frame_age_seconds", "Age of a camera's last key frame",
            [
                ((str(one.camera),), max(0.0, now - one.last_frame_at))
                for one in health
                if one.last_frame_at is not None
            ],
            labels,
        )  # fmt: skip

    def _shards(self) -> Iterator[Metric]:
        reports = {
            str(number): report
            for number, report in self._supervisor.reports.items()
            if report is not None
        }
        yield _gauge(
            "shard_up", "Whether a shard runs",
            [
                ((str(number),), float(report is not None))
                for number, report in self._supervisor.reports.items()
            ],
            ["shard"],
        )  # fmt: skip
        yield _counter(
            "shard_restarts", "Shards started again",
            [((str(n),), float(c)) for n, c in self._supervisor.restarts.items()],
        )  # fmt: skip
        sources: list[tuple[dict[str, tuple[str, str]], str, bool]] = [
            (_COUNTERS, "", True), (_FIGURES, "figures", True), (_GAUGES, "", False),
            (_CLIPS, "clips", True), (_CLIP_GAUGES, "clips", False),
        ]  # fmt: skip
        for table, inner, counts in sources:
            for name, (attribute, text) in table.items():
                samples = [
                    ((shard,), float(getattr(getattr(one, inner) if inner else one, attribute)))
                    for shard, one in reports.items()
                ]
                yield _counter(name, text, samples) if counts else _gauge(
                    name, text, samples, ["shard"]
                )
        for name, attribute, text in (
            ("look_seconds", "looked", "From a whole key frame to the verdict on it"),
            ("spool_seconds", "spooled", "From a whole key frame to its event on the disk"),
        ):
            family = HistogramMetricFamily(PREFIX + name, text, labels=["shard"])
            for shard, one in reports.items():
                histogram: Histogram = getattr(one.figures, attribute)
                family.add_metric([shard], _buckets(histogram), histogram.total)
            yield family

    def _delivery(self) -> Iterator[Metric]:
        stats = self._spool.stats()
        age = 0.0 if stats.oldest is None else max(0.0, time.time() - stats.oldest)
        yield _gauge("spool_alerts", "Alert events waiting", [((), float(stats.alerts))], [])
        yield _gauge("spool_oldest_seconds", "Age of the oldest of them", [((), age)], [])
        yield _counter(
            "spool_dropped_pictures", "Pictures dropped for want of space",
            [((), float(stats.dropped_pictures))], [],
        )  # fmt: skip
        for name, kept, text in (
            ("spool_dropped_updates", stats.dropped_updates, "Steps that later ones replace"),
            ("spool_dropped_alerts", stats.dropped_alerts, "Alert events dropped: data lost"),
            ("spool_refused", stats.refused, "Alert events refused by the platform, kept apart"),
        ):
            yield _counter(name, text, [((), float(kept))], [])
        for name, now, text in (
            ("spool_bytes", stats.bytes, "Bytes of what waits"),
            ("spool_pictures", stats.pictures, "Pictures that wait"),
            ("spool_set_aside", stats.set_aside, "Unreadable spool files beside the spool"),
            ("spool_healthy", stats.problem is None, "Whether the spool can be written"),
        ):
            yield _gauge(name, text, [((), float(now))], [])
        if self._uplink is None:
            return
        for name, value in self._uplink.metrics.samples().items():
            if name.endswith("_total"):
                yield _counter(name.removesuffix("_total"), name, [((), value)], [])
            else:
                yield _gauge(name, name, [((), value)], [])


def _buckets(histogram: Histogram) -> list[tuple[str, float]]:
    total, buckets = 0, []
    for bound, count in zip([*map(str, BOUNDS), "+Inf"], histogram.counts, strict=True):
        total += count
        buckets.append((bound, float(total)))
    return buckets


def _gauge(
    name: str, text: str, samples: Sequence[tuple[tuple[str, ...], float]], labels: list[str]
) -> Metric:
    family = GaugeMetricFamily(PREFIX + name, text, labels=labels)
    return _filled(family, samples)


def _counter(
    name: str,
    text: str,
    samples: Sequence[tuple[tuple[str, ...], float]],
    labels: list[str] | None = None,
) -> Metric:
    names = ["shard"] if labels is None else labels
    return _filled(CounterMetricFamily(PREFIX + name, text, labels=names), samples)


def _filled(family: Any, samples: Sequence[tuple[tuple[str, ...], float]]) -> Metric:
    for labels, value in samples:
        family.add_metric(list(labels), value)
    result: Metric = family
    return result
