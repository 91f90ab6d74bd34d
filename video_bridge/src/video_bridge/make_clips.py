"""``make-clips DIR --source vtest.avi``: make the sample clips with their labels."""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import os
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from video_bridge.clips import masks, people, things, water
from video_bridge.clips.scenario import Clip, labels
from video_bridge.clips.stage import FPS, HEIGHT, WIDTH, Stage
from video_bridge.detect import models_dir
from video_bridge.models_fetch import FACE_SAMPLE

_logger = logging.getLogger(__name__)

REVISION = 4
"""Raised when the clips change: clips of another revision are made anew."""
_TICK = Fraction(2, 25)
"""Seconds a frame."""
GOP = 25
"""Frames from key frame to key frame: two seconds."""
_CRF = "23"
_INDEX = "clips.json"


def make(
    folder: Path, source: Path, portrait: Path, only: set[str] | None = None, force: bool = False
) -> int:
    """Make the clips that are missing; how many were made. Without portrait none with a face.

    :raises ValueError: when the source is not the street video
    :raises OSError: when it cannot be read or the folder not be written
    """
    if not source.is_file():
        raise FileNotFoundError(f"no street video at {source}")
    folder.mkdir(parents=True, exist_ok=True)
    stamp = f"{REVISION}:{hashlib.sha256(source.read_bytes()).hexdigest()}:{portrait.is_file()}"
    if not force and only is None and _is_done(folder, stamp):
        _logger.info("the clips are there")
        return 0
    stage = Stage(source)
    made = []
    all_clips = [
        *people.clips(stage), *things.clips(stage), *water.clips(), *masks.clips(stage, portrait),
    ]
    for clip in all_clips:
        if only is None or clip.name in only:
            begun = time.process_time()
            _encode(clip, folder / f"{clip.name}.mp4")
            text = json.dumps(labels(clip, FPS, (WIDTH, HEIGHT), GOP / FPS), indent=1)
            _replace(folder / f"{clip.name}.json", text)
            made.append(clip.name)
            _logger.info("%s (%.1f s of CPU)", clip.name, time.process_time() - begun)
    if only is None:
        _replace(folder / _INDEX, json.dumps({"stamp": stamp, "clips": made}, indent=1))
    return len(made)


def _is_done(folder: Path, stamp: str) -> bool:
    try:
        index = json.loads((folder / _INDEX).read_text())
        names = index["clips"] if index["stamp"] == stamp else None
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return names is not None and all(
        (folder / f"{name}{suffix}").is_file() for name in names for suffix in (".mp4", ".json")
    )


def _encode(clip: Clip, path: Path) -> None:
    """H.264, no B-frames, a key frame every two seconds and nowhere else."""
    partial = path.with_name(f".{path.name}")
    with av.open(str(partial), "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=1 / _TICK)
        stream.codec_context.time_base = stream.time_base = _TICK
        stream.codec_context.framerate = 1 / _TICK
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.thread_count = 1
        stream.codec_context.gop_size = GOP
        stream.options = {
            "preset": "veryfast",
            "crf": _CRF,
            "x264-params": f"keyint={GOP}:min-keyint={GOP}:scenecut=0:bframes=0:threads=1",
        }
        for number in range(round(clip.seconds * FPS)):
            picture = np.ascontiguousarray(clip.picture(number / FPS, number))
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = number, _TICK
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    os.replace(partial, path)


def _replace(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}")
    partial.write_text(text + "\n")
    os.replace(partial, path)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("directory", type=Path, help="where the clips go")
    parser.add_argument(
        "--source", type=Path, default=Path(".local/video/vtest.avi"),
        help="vtest.avi from OpenCV's examples (default: %(default)s)",
    )
    parser.add_argument(
        "--models", type=Path, default=None, help="where fetch-models has put the portrait"
    )
    parser.add_argument("--only", action="append", help="make this clip only; may be repeated")
    parser.add_argument("--force", action="store_true", help="make them although they are there")


def main(options: argparse.Namespace) -> int:
    """Make the clips; 0 when they are there, 1 when they cannot be made."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        only = set(options.only) if options.only else None
        portrait = (options.models or models_dir()) / FACE_SAMPLE
        if not portrait.is_file():
            _logger.warning("Without %s there are no clips with faces: run fetch-models", portrait)
        made = make(options.directory, options.source, portrait, only, options.force)
    except (OSError, ValueError) as error:
        _logger.error("The sample clips cannot be made: %s", error)
        return 1
    _logger.info("%d clips made", made)
    return 0
