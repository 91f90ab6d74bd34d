"""The size of a JPEG from its header, without decoding it."""

START = b"\xff\xd8\xff"
# markers that begin a frame: SOF0 to SOF15 without DHT, JPG and DAC
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
ALONE = frozenset({0x01, *range(0xD0, 0xD8)})


def size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels.

    :raise ValueError: not a JPEG, cut off before its frame, or without a size
    """
    if data[:3] != START:
        raise ValueError("not a JPEG")
    place, end = 2, len(data)
    while place + 4 <= end:
        if data[place] != 0xFF:
            raise ValueError("not a JPEG")
        marker = data[place + 1]
        if marker == 0xFF:  # filling
            place += 1
            continue
        if marker in ALONE:
            place += 2
            continue
        if marker in FRAMES:
            height = int.from_bytes(data[place + 5 : place + 7], "big")
            width = int.from_bytes(data[place + 7 : place + 9], "big")
            if place + 9 > end or not width or not height:
                break
            return width, height
        if marker in (0xD9, 0xDA):
            break
        length = int.from_bytes(data[place + 2 : place + 4], "big")
        if length < 2:
            break
        place += 2 + length
    raise ValueError("a JPEG without a size")
