"""What an office file carries besides its text (文档里的宏)."""

import io
import zipfile

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: names of storages that hold macros in the older binary formats, as they stand in the file
OLE_MACROS = tuple(name.encode("utf-16-le") for name in ("_VBA_PROJECT", "Macros"))


def has_macros(data: bytes) -> bool:
    """Whether an office file holds macros (Office Open XML, OpenDocument, or the older binary
    formats). Nothing is opened that would run; a damaged file holds none that could be told."""
    if data.startswith(OLE):
        return any(name in data for name in OLE_MACROS)
    if not data.startswith(b"PK"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [name.lower() for name in archive.namelist()]
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return False
    return any(
        name.endswith("vbaproject.bin") or name.startswith(("basic/", "scripts/"))
        for name in names
    )
