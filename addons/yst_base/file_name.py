"""File names as other people send them. Pure functions."""

import os
import re
import unicodedata

EXTENSIONS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "application/pdf": ".pdf",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "video/quicktime": ".mov",
}


def safe_filename(name, mimetype=None, fallback="file"):
    """A file name that no file system, header or reader can be tricked with.

    Folders, control and direction characters, markup and reserved names go; the length is held
    to 80 characters; the extension is that of ``mimetype`` when given, whatever was claimed.
    """
    name = unicodedata.normalize("NFC", str(name or ""))
    # control, format (RTL override, zero width), surrogates, private use, line separators
    name = "".join(
        " " if unicodedata.category(c) in ("Zl", "Zp") else c
        for c in name
        if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
    name = re.split(r"[/\\]", name)[-1]
    name = re.sub(r"[<>:\"|?*&;`$'%#]+", "_", name)
    name = re.sub(r"\s+", " ", name).strip(" .")
    stem, extension = os.path.splitext(name)
    if mimetype in EXTENSIONS:
        if not re.fullmatch(r"\.[A-Za-z0-9]{1,5}", extension):
            stem, extension = name, ""
        extension = EXTENSIONS[mimetype]
    elif not re.fullmatch(r"\.[A-Za-z0-9]{1,10}", extension):
        stem, extension = name, ""
    stem = stem.strip(" .")[:80].rstrip(" .") or fallback
    if re.fullmatch(r"(?i)con|prn|aux|nul|com\d|lpt\d", stem):
        stem = f"_{stem}"
    return stem + extension.lower()
