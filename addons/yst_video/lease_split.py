"""How bridges share the cameras: fairly, and with as few changes as that allows."""

from collections.abc import Iterable, Mapping


def quotas(cameras: int, capacities: Mapping[int, int]) -> dict[int, int]:
    """How many cameras each bridge may hold at most.

    Each takes ``ceil(cameras / bridges)``; what a small bridge cannot take the others share.

    :param capacities: of the bridges that are alive, by bridge; 0 for no limit
    """
    result, left, open_ = {}, cameras, dict(capacities)
    while open_:
        share = -(-left // len(open_))
        small = {key: size for key, size in open_.items() if size and size < share}
        if not small:
            return {**result, **dict.fromkeys(open_, share)}
        for key, size in small.items():
            result[key] = size
            left -= size
            del open_[key]
    return result


def choose(
    quota: int, mine: Iterable[int], free: Iterable[int], held: Iterable[int]
) -> tuple[list[int], list[int]]:
    """What a bridge holds from now on, and what it lets go.

    :param mine: cameras leased to it at present
    :param free: cameras that no bridge holds
    :param held: cameras that it says it reads
    :return: (cameras to hold, cameras to let go), each sorted
    """
    held = set(held)
    own = sorted(mine, key=lambda camera: (camera not in held, camera))
    keep, go = own[:quota], own[quota:]
    offered = sorted(free, key=lambda camera: (camera not in held, camera))
    keep += offered[: max(0, quota - len(keep))]
    return sorted(keep), sorted(go)
