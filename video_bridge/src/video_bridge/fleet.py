"""What the uplink asks of whoever runs the cameras."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from video_bridge.model import Camera, CameraHealth, OpenEpisode, QrSighting, Still


class Fleet(Protocol):
    """The cameras that this bridge reads."""

    def assign(self, cameras: Sequence[Camera], episodes: Sequence[OpenEpisode]) -> None:
        """Read exactly these cameras from now on; go on with these open episodes."""

    def health(self) -> Sequence[CameraHealth]:
        """How every assigned camera does."""

    def want_stills(self, cameras: Collection[int]) -> None:
        """Make a still of each of these soon."""

    def take_stills(self) -> Sequence[Still]:
        """The stills made since the last call."""

    def take_sightings(self) -> Sequence[QrSighting]:
        """The cards seen since the last call."""


class NoCameras:
    """A fleet that reads nothing, for a process that only delivers what lies in a spool."""

    def assign(self, cameras: Sequence[Camera], episodes: Sequence[OpenEpisode]) -> None:
        """Nobody reads them."""

    def health(self) -> Sequence[CameraHealth]:
        """None has any."""
        return ()

    def want_stills(self, cameras: Collection[int]) -> None:
        """There are none."""

    def take_stills(self) -> Sequence[Still]:
        """There are none."""
        return ()

    def take_sightings(self) -> Sequence[QrSighting]:
        """There are none."""
        return ()
