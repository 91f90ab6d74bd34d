"""Alerts with their pictures beside the JSON instead of in it: the second form of a batch.

Four bytes (big-endian) say how long the JSON is, which comes next; its ``pictures`` say which
pictures follow, one after another: each its SHA-256 and its size in bytes.
"""

from .api_error import ApiError, unprocessable
from .bridge_items import MAX_INT, SHA256, Part

TYPE = "application/vnd.yst.video.alerts"
LENGTH = 4  # bytes


def _broken(message):
    return ApiError(400, "bad_frame", message)


def parted(data):
    """(the JSON's bytes, the rest as a view) of a body.

    :raise ApiError: 400 when it is cut off
    """
    view = memoryview(data)
    end = LENGTH + int.from_bytes(view[:LENGTH], "big")
    if len(view) < LENGTH or end > len(view):
        raise _broken("the body is cut off before the end of its JSON")
    return bytes(view[LENGTH:end]), view[end:]


def parts(listed, rest):
    """{SHA-256: ``Part``}: what follows the JSON, cut up and not looked at.

    :param list listed: ``pictures`` of the JSON
    :raise ApiError: 400 when more or less follows than is listed, 422 for a bad list
    """
    found, start = {}, 0
    for each in listed:
        digest, size = (
            (each.get("sha256"), each.get("size")) if isinstance(each, dict) else (None, None)
        )
        if not isinstance(digest, str) or not SHA256.fullmatch(digest):
            raise unprocessable("pictures: not 64 hexadecimal digits in small letters")
        if type(size) is float and size.is_integer():
            size = int(size)
        if type(size) is not int or not 0 <= size <= MAX_INT:
            raise unprocessable("pictures: not a size in bytes")
        if digest in found:
            raise unprocessable("pictures: one is listed twice")
        found[digest] = Part(digest, rest[start : start + size])
        start += size
    if start != len(rest):
        raise _broken(f"{start} bytes of pictures are listed, {len(rest)} follow the JSON")
    return found
