"""./yst i18n: brings addons/*/i18n/zh_CN.po up to date, and tells what is not translated.

Terms whose source is Chinese already (names of services, areas, reasons), and terms without a
letter (08:00-12:00), need no translation and are left out of the files.
"""

import os
import re
import secrets
from contextlib import contextmanager

from tools import console, database, keys, paths, postgres, process, setup, stamps, templates

CHINESE = re.compile(r"[\u3400-\u9fff]")
RUN_PREFIX = "yst_run_"

EXPORT = """
import pathlib
from odoo.tools.translate import trans_export
for addon in {addons!r}:
    with open(pathlib.Path({folder!r}) / (addon + ".po"), "wb") as out:
        trans_export("zh_CN", [addon], out, "po", env)
"""


def main(options):
    """Export and merge; exit code 1 when terms are left untranslated."""
    addons = options.addons or paths.own_addons()
    ready = setup.ensure(tests=True)
    ready = setup.Ready(ready.odoo, keys.ensure(paths.KEYS / "test-identity.json"))
    left = 0
    with postgres.session() as server:
        conf = setup.write_config(ready, server)
        exported = exports(ready, server, conf, addons)
    for addon in addons:
        merged = merge(exported[addon], read(addon), addon)
        missing = untranslated(merged)
        if not options.check and len(merged):
            write(addon, merged)
        left += len(missing)
        console.say(f"{addon}: {len(merged)} terms, {len(missing)} untranslated")
        for entry in missing:
            where = ", ".join(path for path, _line in entry.occurrences[:1])
            console.say(f"  {entry.msgid!r}  ({where or entry.comment})")
    return 1 if left else 0


@contextmanager
def _database(ready, server, conf, addons):
    """A throw-away database with `addons` as they are on disk."""
    log = console.new_log("i18n")
    template, changed = templates.state(ready, server, conf, addons, log, console.step)
    pid = os.getpid()
    name = f"{RUN_PREFIX}{pid}_{process.start_time(pid)}_{secrets.token_hex(2)}"
    database.clone(server, template, name)
    try:
        if changed:
            database.odoo(ready, conf, ["-d", name, "-u", ",".join(changed), "--stop-after-init",
                                        "--no-http"], log, trouble="the update failed")
        yield name, log
    finally:
        database.drop(server, name)


def exports(ready, server, conf, addons, name=None):
    """{addon: PO file of its terms as Odoo exports them} from `name` or a throw-away database."""
    import polib  # from requirements.txt

    if name is None:
        # all of them: an addon beside another has terms of that one's fields in its models
        with _database(ready, server, conf, paths.own_addons()) as (fresh, _log):
            return exports(ready, server, conf, addons, fresh)
    folder = paths.RUN / f"i18n-{os.getpid()}-{secrets.token_hex(2)}"
    folder.mkdir(parents=True)
    try:
        with console.step(f"Exporting the terms of {', '.join(addons)}"):
            code = EXPORT.format(addons=list(addons), folder=str(folder))
            database.script(ready, conf, name, code, console.new_log("export"),
                            "the terms could not be exported")
        found = {}
        for addon in addons:
            path = folder / f"{addon}.po"
            text = path.read_text() if path.exists() else ""
            found[addon] = polib.pofile(text) if text.strip() else polib.POFile()
        return found
    finally:
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()


def po_path(addon):
    return paths.ADDONS / addon / "i18n" / "zh_CN.po"


def read(addon):
    """The addon's PO file, empty if there is none."""
    import polib

    return polib.pofile(str(po_path(addon))) if po_path(addon).exists() else polib.POFile()


def merge(exported, present, addon):
    """Terms of `exported` with the translations of `present`; those of `present` win."""
    import polib

    known = {entry.msgid: entry.msgstr for entry in present
             if entry.msgstr and not entry.obsolete and "fuzzy" not in entry.flags}
    merged = polib.POFile(wrapwidth=0)
    merged.metadata = {
        "Project-Id-Version": "Yishitong 19.0",
        "Language": "zh_CN",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=1; plural=0;",
    }
    for entry in exported:
        if not needs_translation(entry.msgid):
            continue
        fresh = polib.POEntry(
            msgid=entry.msgid,
            msgstr=known.get(entry.msgid, entry.msgstr),
            comment=entry.comment or f"module: {addon}",
            tcomment=entry.tcomment,
            occurrences=sorted(set(entry.occurrences)),
            flags=[flag for flag in entry.flags if flag != "fuzzy"],
        )
        merged.append(fresh)
    merged.sort(key=lambda entry: entry.msgid)
    return merged


def needs_translation(text):
    """Whether a term has to be put into Chinese."""
    return not CHINESE.search(text) and any(c.isalpha() for c in text)


def untranslated(catalogue):
    """Entries without a translation."""
    return [entry for entry in catalogue if not entry.msgstr and not entry.obsolete]


def write(addon, catalogue):
    """Write the PO file whole or not at all."""
    stamps.write_atomically(po_path(addon), str(catalogue).rstrip() + "\n")


def problems(addon, exported, present):
    """Terms of the addon that its translation does not know; what is wrong with those in it is
    found without a database by lint."""
    where = f"addons/{addon}/i18n/zh_CN.po"
    wanted = {entry.msgid for entry in exported if needs_translation(entry.msgid)}
    if wanted and not len(present):
        return [f"{where} is missing: ./yst i18n {addon} makes it"]
    missing = wanted - {entry.msgid for entry in present if not entry.obsolete}
    return [f"{where}: not in the file: {msgid!r}" for msgid in sorted(missing)]
