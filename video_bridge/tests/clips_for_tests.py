"""Small clips, drawn and encoded here, so that the tests need no file from elsewhere."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray


def picture(
    number: int, width: int, height: int, *, moving: bool, noise: float = 2.0, seed: int = 0
) -> NDArray[np.uint8]:
    """A textured ground with noise; when moving, a bright block walks across it."""
    x = np.linspace(0, 6.28, width)
    y = np.linspace(0, 6.28, height)[:, None]
    ground = 110 + 40 * np.sin(2 * x) * np.cos(3 * y)
    generator = np.random.default_rng(seed * 100_000 + number)
    image = np.repeat(ground[:, :, None], 3, axis=2)
    image += generator.normal(0, noise, (height, width, 1))
    if moving:
        left = (number * 9) % (width - width // 6)
        image[height // 3 : height // 3 + height // 3, left : left + width // 8] = (30, 200, 240)
    return np.clip(image, 0, 255).astype(np.uint8)


def encode(
    path: Path,
    *,
    codec: str = "libx264",
    seconds: float = 4.0,
    rate: int = 10,
    gop: int = 10,
    size: tuple[int, int] = (320, 180),
    moving: bool = True,
    noise: float = 2.0,
    options: dict[str, str] | None = None,
    seed: int = 0,
) -> Path:
    """Write a clip and return its path."""
    width, height = size
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.time_base = Fraction(1, rate)
        stream.codec_context.gop_size = gop
        chosen = {"preset": "ultrafast", "tune": "zerolatency"}
        if codec == "libx264":
            chosen |= {"keyint_min": str(gop), "sc_threshold": "0"}
        elif codec == "libx265":
            chosen |= {"x265-params": f"keyint={gop}:min-keyint={gop}:scenecut=0:log-level=none"}
        else:
            chosen = {}
        stream.options = chosen | (options or {})
        for number in range(round(seconds * rate)):
            image = picture(number, width, height, moving=moving, noise=noise, seed=seed)
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts = number
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    return path
