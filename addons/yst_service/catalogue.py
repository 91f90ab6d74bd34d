"""Rules of the service catalogue (事项目录) as pure functions: reading services.yaml, blank
form layouts, and telling two versions of a guide apart."""

import re
from typing import NamedTuple

FORMS = ("original", "copy", "original_and_copy", "photo")
ONLINE = ("guide", "prereview", "full")

_ITEM_KEYS = {
    "code": str,
    "name_zh": str,
    "category": str,
    "audience_zh": str,
    "conditions_zh": list,
    "materials": list,
    "steps_zh": list,
    "legal_limit_days": int,
    "promised_limit_days": int,
    "result_zh": str,
    "fee_zh": str,
    "online": str,
    "visits": int,
    "home_visit": bool,
    "life_events": list,
    "synonyms_zh": list,
}
_MATERIAL_KEYS = {"name_zh": str, "form": str, "copies": int, "required": bool, "template": bool}


def lines(text):
    """The lines of a text that say something, stripped; also takes None and False."""
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def check(data):
    """The faults of a catalogue as services.yaml holds it, each a sentence; none: []."""
    if not isinstance(data, dict) or not isinstance(data.get("items"), list):
        return ["The file holds no list of items."]
    faults = []
    categories = {}
    for entry in data.get("categories") or []:
        code, name = entry.get("code"), entry.get("name_zh")
        if not name or not re.fullmatch("[A-Z]{2}", str(code)):
            faults.append(f"category {code}: needs name_zh and a code of two capitals")
        elif code in categories.values() or name in categories:
            faults.append(f"category {code}: code or name stands twice")
        else:
            categories[name] = code
    seen = set()
    for place, item in enumerate(data["items"], 1):
        code = item.get("code") if isinstance(item, dict) else None
        label = code or f"item {place}"
        if not isinstance(item, dict):
            faults.append(f"{label}: is not a mapping")
            continue
        if code in seen:
            faults.append(f"{label}: the code stands twice")
        seen.add(code)
        faults += [f"{label}: {fault}" for fault in _item_faults(item, categories)]
    return faults


def _shape_faults(entry, keys):
    for key, kind in keys.items():
        value = entry.get(key)
        # bool is an int to Python, but no number here
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            yield f"{key} is missing or not a {kind.__name__}"
        elif kind is list and key != "materials" and not all(isinstance(v, str) for v in value):
            yield f"{key} is not a list of texts"


def _item_faults(item, categories):
    faults = list(_shape_faults(item, _ITEM_KEYS))
    if faults:
        return faults
    prefix = categories.get(item["category"])
    if not prefix:
        faults.append(f"unknown category {item['category']}")
    elif not re.fullmatch(f"{prefix}-[0-9]{{2,3}}", item["code"]):
        faults.append(f"the code does not fit category {prefix}")
    if item["online"] not in ONLINE:
        faults.append(f"online is {item['online']}, not one of {', '.join(ONLINE)}")
    if not 0 < item["promised_limit_days"] <= item["legal_limit_days"]:
        faults.append("the promised limit is not between 1 day and the legal limit")
    if item["visits"] < 0:
        faults.append("visits is negative")
    for place, material in enumerate(item["materials"], 1):
        if not isinstance(material, dict):
            faults.append(f"material {place}: is not a mapping")
            continue
        wrong = list(_shape_faults(material, _MATERIAL_KEYS))
        if not wrong and material["form"] not in FORMS:
            wrong.append(f"form is {material['form']}, not one of {', '.join(FORMS)}")
        if not wrong and material["copies"] < 0:
            wrong.append("copies is negative")
        faults += [f"material {place}: {fault}" for fault in wrong]
    return faults


def version_values(item, forms=None, sample=False):
    """Values of the yst.service.item.version that an item of services.yaml describes.

    :param dict forms: layouts of blank forms by material name
    """
    forms = forms or {}
    return {
        "name": item["name_zh"],
        "name_en": item.get("name_en") or False,
        "audience": item["audience_zh"],
        "conditions": "\n".join(item["conditions_zh"]),
        "steps": "\n".join(item["steps_zh"]),
        "legal_limit": item["legal_limit_days"],
        "promised_limit": item["promised_limit_days"],
        "limit_unit": "workday",
        "legal_basis": item.get("legal_basis_zh") or False,
        "fee": item["fee_zh"],
        "result": item["result_zh"],
        "online": item["online"],
        "visits": item["visits"],
        "home_visit": item["home_visit"],
        "sample": bool(sample),
        "material_ids": [
            (0, 0, _material_values(place, material, forms))
            for place, material in enumerate(item["materials"], 1)
        ],
    }


def _material_values(place, material, forms):
    return {
        "sequence": place * 10,
        "name": material["name_zh"],
        "form": material["form"],
        "copies": material["copies"],
        "required": material["required"],
        "note": material.get("note_zh") or False,
        "template": material["template"],
        "form_layout": forms.get(material["name_zh"]) if material["template"] else False,
    }


class Section(NamedTuple):
    """A part of a blank form: its title and its blocks in order, each one of ``("rows", [(label,
    printed answer)])``, ``("grid", [columns], number of rows)``, ``("text", [paragraphs])``."""

    title: str
    blocks: list


_ROW = re.compile(r"([^：，。|]{1,30})：(.*)")
MAX_GRID_ROWS = 20


def form_sections(layout):
    """The sections of a blank form from its layout.

    A line that begins with ``#`` opens a section. ``label：answer`` is a row; the answer is
    printed as it stands (tick boxes, units) and may be empty. ``| a | b | 5 |`` is a table with
    columns a and b and 5 empty rows. Any other line is a paragraph.

    >>> form_sections("# 申请事项\\n参保类型：□首次 □续保")[0].blocks
    [('rows', [('参保类型', '□首次 □续保')])]
    """
    sections = []
    for line in (layout or "").splitlines():
        # Ideographic spaces leave room to write and stay.
        line = line.strip(" \t\r")
        if not line:
            continue
        if line.startswith("#") or not sections:
            opens = line.startswith("#")
            sections.append(Section(line.lstrip("# ") if opens else "", []))
            if opens:
                continue
        _add_line(sections[-1].blocks, line)
    return sections


def _add_line(blocks, line):
    row = _ROW.fullmatch(line)
    if line.startswith("|"):
        columns = [cell.strip() for cell in line.strip("|").split("|")]
        count = int(columns.pop()) if columns[-1].isdecimal() else 4
        blocks.append(("grid", columns, min(count, MAX_GRID_ROWS)))
        return
    kind, entry = ("rows", (row[1].strip(), row[2])) if row else ("text", line)
    if not blocks or blocks[-1][0] != kind:
        blocks.append((kind, []))
    blocks[-1][1].append(entry)


class Change(NamedTuple):
    """One difference between two versions: what, before, after ("" where it was not)."""

    label: str
    before: str
    after: str


def changes(before, after):
    """What differs between two mappings of label → text, in the order of `after`, then what
    only `before` has."""
    labels = dict.fromkeys([*after, *before])
    return [
        Change(label, before.get(label) or "", after.get(label) or "")
        for label in labels
        if (before.get(label) or "") != (after.get(label) or "")
    ]

