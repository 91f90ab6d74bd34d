"""./yst lint: style, views, translations, and nothing of one machine in the repository."""

import re
import subprocess

from tools import console, paths, setup

# Names of package hosts and paths of one machine have no place in the repository. The patterns
# are written so that they do not match this file.
# Inside an image (docker/) absolute paths are the image's own.
FORBIDDEN = (
    (re.compile(r"deb\.debian\.org|archive\.ubuntu\.com|pypi\.org|files\.pythonhosted|"
                r"registry\.npmjs|mirrors?\.[a-z0-9-]+\.(?:com|cn|edu|net)\b"), "a package host"),
    (re.compile(r"(?<![\w./-])/(?:root|work|home/[a-z]\w*)/[\w.-]"), "a path of one machine"),
)
TEXT_SUFFIXES = {
    "", ".py", ".xml", ".csv", ".js", ".scss", ".css", ".md", ".rst", ".txt", ".yaml", ".yml",
    ".toml", ".conf", ".cfg", ".sh", ".po", ".html", ".json",
}  # fmt: skip
# What Odoo 19 no longer knows, or accepts silently and then breaks.
OUTDATED_XML = (
    (re.compile(r"<tree[\s>]"), "<tree> is <list> now"),
    (re.compile(r"\s(?:attrs|states)="), "attrs and states are gone: write the condition itself"),
    (re.compile(r"t-name=\"kanban-box\""), "kanban-box breaks the client: use card"),
    (re.compile(r"name=\"groups_id\""), "groups_id is group_ids now"),
)
MAX_LINES = 500


def main(_options):
    """Print what is wrong; exit code 1 when there is anything."""
    setup.ensure(tests=True)
    with console.step("Lint"):
        found = problems()
    for line in found:
        console.say(console.red(f"✗ {line}"))
    console.say(f"{len(found)} problems" if found else "no problems")
    return 1 if found else 0


def problems():
    """Everything that lint has to say, one text each."""
    return [*ruff(), *pylint(), *views(), *translations(), *repository()]


def _run(command):
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, cwd=paths.ROOT, check=False
    )
    lines = [line for line in done.stdout.splitlines() if re.match(r"\S+:\d+", line)]
    if done.returncode and not lines:
        lines = [f"{command[0].name}: {(done.stderr or done.stdout).strip()[-1000:]}"]
    return lines


def ruff():
    """Style of all Python code."""
    return _run([paths.VENV / "bin" / "ruff", "check", "--output-format=concise", "--no-cache",
                 "."])


def pylint():
    """pylint-odoo on the addons."""
    addons = [f"addons/{name}" for name in paths.own_addons()]
    if not addons:
        return []
    found = _run([paths.VENV / "bin" / "pylint", "--rcfile=.pylintrc", *addons])
    # tests of concurrency have to commit
    return [line for line in found if not re.search(r"/tests/.*: invalid-commit", line)]


def views():
    """XML that cannot be parsed or speaks an older Odoo; Python files that grew too long."""
    from lxml import etree  # from requirements.txt

    found = []
    for path in sorted(paths.ADDONS.rglob("*.xml")):
        name = path.relative_to(paths.ROOT)
        try:
            etree.parse(str(path))
        except etree.XMLSyntaxError as error:
            found.append(f"{name}: not well-formed: {error}")
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            found += [f"{name}:{number}: {why}" for rule, why in OUTDATED_XML if rule.search(line)]
    for folder in (paths.ADDONS, paths.ROOT / "tools", paths.VIDEO_BRIDGE):
        for path in sorted(folder.rglob("*.py")):
            length = len(path.read_text().splitlines())
            if length > MAX_LINES and "tests" not in path.parts:
                found.append(f"{path.relative_to(paths.ROOT)}: {length} lines, "
                             f"more than {MAX_LINES}: split it")
    return found


def translations():
    """PO files: parseable, nothing fuzzy, nothing empty, placeholders kept."""
    import polib  # from requirements.txt

    found = []
    for path in sorted(paths.ADDONS.glob("*/i18n/*.po")):
        name = path.relative_to(paths.ROOT)
        try:
            catalogue = polib.pofile(str(path))
        except (OSError, ValueError) as error:
            found.append(f"{name}: cannot be read: {error}")
            continue
        for entry in catalogue:
            if entry.obsolete:
                continue
            if "fuzzy" in entry.flags:
                found.append(f"{name}:{entry.linenum}: fuzzy: {entry.msgid!r}")
            if not entry.msgstr:
                found.append(f"{name}:{entry.linenum}: not translated: {entry.msgid!r}")
            elif placeholders(entry.msgid) != placeholders(entry.msgstr):
                found.append(f"{name}:{entry.linenum}: placeholders differ: {entry.msgid!r}")
    return found


def placeholders(text):
    """The %-placeholders of a text, sorted: a translation has to keep them all."""
    return sorted(re.findall(r"%\(\w+\)[-+0 #]*\d*(?:\.\d+)?[sdif]|(?<!%)%[sd]", text))


def repository():
    """Host names of package registries and machine paths in files under version control."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True, text=True, cwd=paths.ROOT, check=False,
    )
    if listed.returncode:
        return []
    found = []
    for name in filter(None, listed.stdout.split("\0")):
        path = paths.ROOT / name
        if path.suffix.lower() not in TEXT_SUFFIXES or not path.is_file():
            continue
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        rules = FORBIDDEN[:1] if name.startswith("docker/") else FORBIDDEN
        for number, line in enumerate(text.splitlines(), 1):
            found += [f"{name}:{number}: {what}: {match.group(0)}"
                      for rule, what in rules if (match := rule.search(line))]
    return found
