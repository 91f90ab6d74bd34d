"""What a file is, told by its bytes and never by its name; whether all of it arrived.

Pure functions.
"""

_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_VIDEO_BRANDS = {
    b"isom": "video/mp4",
    b"iso2": "video/mp4",
    b"iso4": "video/mp4",
    b"iso5": "video/mp4",
    b"iso6": "video/mp4",
    b"mp41": "video/mp4",
    b"mp42": "video/mp4",
    b"avc1": "video/mp4",
    b"M4V ": "video/mp4",
    b"3gp4": "video/mp4",
    b"3gp5": "video/mp4",
    b"qt  ": "video/quicktime",
}


def sniff(data):
    """Mimetype by magic bytes alone, or None for anything that is not on our list."""
    head = bytes(data[:64])
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "image/gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in (12, 40, 52, 56, 108, 124):
        return "image/bmp"
    if head[4:8] == b"ftyp":
        brands = {head[8:12]} | {head[i : i + 4] for i in range(16, 48, 4)}
        if brands & _HEIF_BRANDS:
            return "image/heic"
        return _VIDEO_BRANDS.get(head[8:12])
    if head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n\t ").startswith(b"%PDF-"):
        return "application/pdf"
    if head.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in bytes(data[:4096]):
        return "video/webm"
    return None


def is_whole(data, mimetype):
    """False for a transfer that broke off.

    Asked here because the decoder cannot be relied on: Odoo sets Pillow's global
    LOAD_TRUNCATED_IMAGES, under which the missing half of a page comes out grey, unnoticed.
    """
    if mimetype == "image/jpeg":
        scan = _jpeg_scan_offset(data)
        return scan > 0 and data.find(b"\xff\xd9", scan) > 0
    if mimetype == "image/png":
        return b"IEND" in data[-64:] or data.rfind(b"IEND\xaeB`\x82") > 0
    if mimetype == "image/webp":
        return len(data) >= int.from_bytes(data[4:8], "little") + 8
    if mimetype == "image/bmp":
        return len(data) >= int.from_bytes(data[2:6], "little")
    if mimetype == "image/heic":
        return _boxes_are_whole(data)
    return True


def _boxes_are_whole(data):
    """True when no box of an ISO media file (HEIC, MP4) reaches beyond the end of the data."""
    position = 0
    while position + 8 <= len(data):
        size = int.from_bytes(data[position : position + 4], "big")
        if size == 1:
            size = int.from_bytes(data[position + 8 : position + 16], "big")
        if size == 0:  # to the end of the file
            return True
        if size < 8:
            return False
        position += size
    return position == len(data)


def _jpeg_scan_offset(data):
    """Offset behind the first start-of-scan marker, 0 when there is none.

    Walks the segments, so that the end marker of a thumbnail inside EXIF is not mistaken for the
    end of the picture.
    """
    position = 2
    while position + 4 <= len(data):
        if data[position] != 0xFF:
            return 0
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            position += 2
            continue
        length = int.from_bytes(data[position + 2 : position + 4], "big")
        if length < 2:
            return 0
        position += 2 + length
        if marker == 0xDA:
            return position
    return 0
