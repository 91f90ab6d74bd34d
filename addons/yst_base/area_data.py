"""Reads the area part of an organisation file into flat rows. Knows nothing of Odoo."""

import math
import re

CODE = re.compile(r"[0-9]{12}")
KINDS = ("village", "community")


class OrganisationError(ValueError):
    """An entry that cannot be used: ``code`` says why, ``entry`` which, ``detail`` what."""

    def __init__(self, code, entry, detail=""):
        super().__init__(f"{entry}: {code} {detail}".strip())
        self.code = code
        self.entry = entry
        self.detail = detail


def area_rows(data):
    """Flatten an organisation file: subdistrict first, then its areas, then their grids.

    A grid's code is its area's code with a serial of three digits, its name the area's name
    with 第一网格 and so on, numbered.

    :return: list of dicts level, code, name, kind, parent (code or None), latitude,
        longitude, population, area_km2; grids carry no figures of their own
    :raise OrganisationError: before anything is returned
    """
    if not isinstance(data, dict):
        raise OrganisationError("structure", "organisation")
    head = _row(data.get("subdistrict"), "subdistrict", "subdistrict", None)
    entries = data.get("areas")
    if not isinstance(entries, list):
        raise OrganisationError("missing", "organisation", "areas")
    rows, grids, seen = [head], [], {head["code"]}
    for position, entry in enumerate(entries, 1):
        label = f"areas[{position}]"
        if not isinstance(entry, dict):
            raise OrganisationError("structure", label)
        if entry.get("kind") not in KINDS:
            raise OrganisationError("kind", _label(entry, label))
        row = _row(entry, label, "area", head["code"])
        label = _label(entry, label)
        if row["code"][:9] != head["code"][:9]:
            raise OrganisationError("outside", label)
        if row["code"] in seen:
            raise OrganisationError("repeated", label)
        seen.add(row["code"])
        rows.append(row)
        grids += _grid_rows(entry, row, label)
    return rows + grids


def _grid_rows(entry, area, label):
    count = entry.get("grids", 0)
    if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= 999:
        raise OrganisationError("grids", label)
    return [
        {
            "level": "grid",
            "code": f"{area['code']}{serial:03d}",
            "name": f"第{serial}网格",
            "kind": "grid",
            "parent": area["code"],
        }
        for serial in range(1, count + 1)
    ]


def _row(entry, label, level, parent):
    if not isinstance(entry, dict):
        raise OrganisationError("missing", label, level)
    label = _label(entry, label)
    name = entry.get("name_zh")
    if not isinstance(name, str) or not name.strip():
        raise OrganisationError("missing", label, "name_zh")
    code = entry.get("code")
    if not isinstance(code, str) or not CODE.fullmatch(code):
        raise OrganisationError("code", label)
    return {
        "level": level,
        "code": code,
        "name": name.strip(),
        "kind": entry["kind"] if level == "area" else "subdistrict",
        "parent": parent,
        "latitude": _number(entry, "lat", label),
        "longitude": _number(entry, "lon", label),
        "population": int(_number(entry, "population", label)),
        "area_km2": _number(entry, "area_km2", label),
    }


def _number(entry, key, label):
    value = entry.get(key)
    if value is None:
        return 0.0
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise OrganisationError("number", label, key)
    if not math.isfinite(value) or value < 0:
        raise OrganisationError("number", label, key)
    return float(value)


def _label(entry, fallback):
    name, code = entry.get("name_zh"), entry.get("code")
    return " ".join(str(part) for part in (code, name) if part) or fallback
