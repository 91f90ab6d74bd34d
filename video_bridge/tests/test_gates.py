"""What counts as movement, and how the compressed-domain gate learns what quiet is."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from numpy.typing import NDArray
from video_bridge.gates import EVERY, CompressedGate, PixelGate

Luma = NDArray[np.uint8]


def ground(seed: int = 0, noise: float = 3.0, light: float = 0.0) -> Luma:
    base = 110 + 40 * np.sin(np.linspace(0, 9, 160)) * np.cos(np.linspace(0, 7, 90))[:, None]
    base = base + np.random.default_rng(seed).normal(0, noise, (90, 160)) + light
    return np.clip(base, 0, 255).astype(np.uint8)


def with_person(luma: Luma, x: int = 70, width: int = 4, height: int = 10) -> Luma:
    luma = luma.copy()
    luma[40 : 40 + height, x : x + width] = 30
    return luma


def settled(noise: float = 3.0) -> PixelGate:
    gate = PixelGate()
    for number in range(12):
        gate.moved(ground(number, noise))
    return gate


@pytest.mark.parametrize("noise", [0.0, 3.0, 6.0, 10.0])
def test_noise_is_no_movement(noise: float) -> None:
    gate = settled(noise)
    assert not any(gate.moved(ground(100 + number, noise)) for number in range(50))


@pytest.mark.parametrize("noise", [0.0, 3.0, 6.0])
def test_a_person_far_away_is_movement(noise: float) -> None:
    gate = settled(noise)
    assert gate.moved(with_person(ground(50, noise)))


def test_who_walks_on_stirs_and_who_stands_does_not() -> None:
    gate = settled()
    assert gate.moved(with_person(ground(50), 20))
    assert gate.moved(with_person(ground(51), 60))
    assert gate.stirred
    assert gate.moved(with_person(ground(52), 60))
    assert not gate.stirred


def test_what_stays_becomes_the_background_in_time() -> None:
    gate = settled()
    seen = [gate.moved(with_person(ground(50 + number))) for number in range(120)]
    assert all(seen[:10])
    assert not any(seen[-20:])


def test_light_that_changes_everywhere_is_taken_over_at_once() -> None:
    gate = settled()
    assert gate.moved(ground(50, light=60))
    assert not gate.moved(ground(51, light=60))


def test_a_picture_of_another_size_begins_anew() -> None:
    gate = settled()
    assert gate.moved(np.zeros((45, 80), np.uint8))


class Encoder:
    """Sizes as an encoder makes them: key frame, mean and peak of the pictures between."""

    def __init__(self, seed: int = 1, *, noise: float = 0.04, constant: bool = False) -> None:
        self.chance = random.Random(seed)
        self.noise = noise
        self.constant = constant

    def value(self, moving: bool) -> float:
        share = 0.06 * math.exp(self.chance.gauss(0, self.noise))
        if moving and not self.constant:
            share *= self.chance.uniform(1.6, 3.0)
        key = round(40_000 * math.exp(self.chance.gauss(0, 0.02)))
        return CompressedGate.measure(key, round(24 * key * share), 24, round(1.2 * key * share))


class Camera:
    """Drives a gate as a shard does."""

    def __init__(self, encoder: Encoder, phase: int = 0) -> None:
        self.gate = CompressedGate(phase)
        self.encoder = encoder
        self.decoded: list[bool] = []

    def run(self, moving: list[bool]) -> list[bool]:
        self.decoded = []
        for moves in moving:
            value = self.encoder.value(moves)
            verdict = self.gate.judge(value, 2.0)
            self.decoded.append(verdict.decode)
            if verdict.decode:
                self.gate.learn(value, verdict.quiet, moves, moves)
        return self.decoded


def test_a_camera_is_decoded_whole_until_quiet_is_known() -> None:
    camera = Camera(Encoder())
    assert all(camera.run([True] * 5 + [False] * 10))
    assert not camera.gate.trusted


def test_a_quiet_camera_decodes_every_fifth_key_frame() -> None:
    camera = Camera(Encoder())
    camera.run([False] * 40)
    assert camera.gate.trusted
    decoded = camera.run([False] * 200)
    assert 200 / EVERY * 0.9 <= sum(decoded) <= 200 / EVERY * 1.2


def test_movement_opens_the_gate_at_once() -> None:
    camera = Camera(Encoder())
    camera.run([False] * 40)
    decoded = camera.run([False] * 7 + [True] * 10 + [False] * 20)
    assert all(decoded[7:17])
    assert all(decoded[17:18])  # and for a moment longer
    assert not all(decoded[22:])


@pytest.mark.parametrize("seed", range(5))
def test_hardly_anything_is_missed_in_a_long_day(seed: int) -> None:
    camera = Camera(Encoder(seed))
    chance = random.Random(seed)
    camera.run([False] * 40)
    missed = total = decoded = quiet = 0
    for _ in range(100):
        still = chance.randrange(10, 40)
        moving = chance.randrange(1, 6)
        found = camera.run([False] * still + [True] * moving)
        missed += sum(not one for one in found[still:])
        total += moving
        decoded += sum(found[:still])
        quiet += still
    assert missed / total < 0.02
    assert decoded / quiet < 0.4


@pytest.mark.parametrize("seed", range(5))
def test_at_constant_bit_rate_the_gate_does_not_stay_trusted(seed: int) -> None:
    camera = Camera(Encoder(seed, constant=True))
    chance = random.Random(seed)
    for _ in range(40):
        camera.run([False] * chance.randrange(5, 15) + [True] * chance.randrange(5, 15))
    share = []
    for _ in range(40):
        camera.run([False] * chance.randrange(5, 15) + [True] * chance.randrange(5, 15))
        share.append(camera.gate.trusted)
    assert sum(share) <= 4


def test_sizes_that_jump_about_are_not_trusted() -> None:
    camera = Camera(Encoder(noise=0.8))
    camera.run([False] * 100)
    assert not camera.gate.trusted


def test_the_baseline_follows_the_noise_of_the_night() -> None:
    camera = Camera(Encoder())
    camera.run([False] * 60)
    day = camera.gate.baseline
    original = camera.encoder.value
    camera.encoder.value = lambda moving: original(moving) + 0.6  # type: ignore[method-assign]
    camera.run([False] * 60)
    night = camera.gate.baseline
    assert day is not None
    assert night is not None
    assert night[0] > day[0] * 1.5
    assert sum(camera.run([False] * 50)) <= 15


def test_movement_that_passes_unnoticed_costs_the_gate_its_trust() -> None:
    camera = Camera(Encoder())
    camera.run([False] * 60)
    assert camera.gate.trusted
    camera.encoder.constant = True
    chance = random.Random(4)
    for _ in range(12):
        camera.run([False] * chance.randrange(15, 25) + [True] * 8)
        if not camera.gate.trusted:
            break
    assert not camera.gate.trusted
    assert all(camera.run([False] * 20))


@pytest.mark.parametrize(("interval", "most"), [(2.0, 5), (5.0, 4), (10.0, 2), (30.0, 1)])
def test_rare_key_frames_are_not_skipped_for_long(interval: float, most: int) -> None:
    camera = Camera(Encoder())
    camera.run([False] * 60)
    value = camera.encoder.value(False) - 0.2
    verdicts = [camera.gate.judge(value, interval).decode for _ in range(20)]
    gaps = "".join("d" if one else "." for one in verdicts).split("d")
    assert max(map(len, gaps)) <= most - 1


def test_without_pictures_in_between_nothing_can_be_said() -> None:
    gate = CompressedGate()
    value = gate.measure(5000, 0, 0, 0)
    assert math.isnan(value)
    for _ in range(50):
        assert gate.judge(value, 2.0).decode
        gate.learn(value, False, False, False)
    assert not gate.trusted


def test_cameras_begin_their_row_of_five_at_different_places() -> None:
    firsts = set()
    for number in range(EVERY):
        gate = CompressedGate(phase=number)
        gate._cut = 0.0
        gate._quiet.extend([0.0] * 10)
        firsts.add([gate.judge(-1.0, 2.0).decode for _ in range(EVERY)].index(True))
    assert firsts == set(range(EVERY))


@pytest.mark.parametrize("moving", [0, 3])
def test_cameras_that_turn_quiet_together_are_not_checked_together(moving: int) -> None:
    checks = [0] * (4 * EVERY)
    for number in range(2 * EVERY):
        camera = Camera(Encoder(noise=0.005), phase=number)
        camera.run([False] * 40 + [True] * moving + [False] * 6)
        assert camera.gate.trusted
        for place, decoded in enumerate(camera.run([False] * len(checks))):
            checks[place] += decoded
    assert set(checks) == {2}
