"""Cached databases that runs are cloned from.

*Core*: Odoo's and OCA's addons that ours depend on, Chinese loaded; one for each set of
dependencies. *State*: a clone of it with some of our addons installed; it remembers the hash
of their files, so that a run knows what has changed since.
"""

import time

from tools import database, paths, stamps

CORE, STATE = "yst_core_", "yst_state_"
KEPT = 8
UNUSED = 2 * 3600


def core_name(ready, server, foreign):
    """Name of the core template for these addons of Odoo and OCA."""
    parts = [ready.odoo.identity, stamps.digest(paths.REQUIREMENTS_OCA), database.LANGUAGES,
             *sorted(foreign), 2]
    if not server.private:  # other checkouts may use it, whose files are not ours
        parts.append(paths.ROOT.as_posix())
    return CORE + stamps.digest(*parts)


def core(ready, server, conf, foreign, log, step):
    """Name of the core template, built if there is none yet."""
    name = core_name(ready, server, foreign)
    with stamps.lock(name, "another ./yst is building the database of Odoo's own addons …"):
        if not database.exists(server, name):
            _tidy(server, CORE)
            part = name + "_part"
            database.drop(server, part)
            with step(f"Odoo's own addons ({len(foreign)} named: {_short(foreign)})"):
                database.create(server, part)
                server.query(f"ALTER DATABASE {part} SET synchronous_commit = off")
                database.install(ready, conf, part, foreign, log, language=database.LANGUAGES)
                database.check_installed(server, part, foreign, log)
                server.query(f"ALTER DATABASE {part} RESET synchronous_commit")
            database.rename(server, part, name)
        database.set_facts(server, name, used=time.time())
    return name


def _short(names):
    names = list(names)
    return ", ".join(names[:6]) + (" …" if len(names) > 6 else "")


def digests(addons):
    """{addon: [hash of the code, hash of what only an installation brings up to date]}."""
    found, reference = {}, stamps.tree_digest(paths.ROOT / "data")
    for name in addons:
        folder = paths.ADDONS / name
        installed = [
            stamps.tree_digest(folder / part)
            for part in ("data", "security", "demo", "migrations")
            if (folder / part).is_dir()
        ]
        # the reference data are loaded once, at installation
        installed += [folder / "__manifest__.py", folder / "hooks.py", reference]
        found[name] = [database.addon_digest(name, with_tests=False), stamps.digest(*installed)]
    return found


def state(ready, server, conf, addons, log, step, *, fresh=False, bake=False):
    """(template with `addons` installed, addons changed since) – rebuilt when an update would
    not do: other dependencies, or changed data that an update leaves alone."""
    own, foreign = database.dependencies(addons)
    base = core(ready, server, conf, foreign, log, step)
    name = STATE + stamps.digest(base, *own)
    with stamps.lock(name, "another ./yst is installing the same addons …"):
        now = digests(own)
        before = database.facts(server, name).get("digests", {})
        stale = any(before.get(a, [None, None])[1] != now[a][1] for a in own)
        if fresh or stale:
            _tidy(server, STATE)
            _build_state(ready, server, conf, name, base, own, log, step)
            database.set_facts(server, name, digests=now)
            before = now
        changed = [a for a in own if before[a][0] != now[a][0]]
        if bake and not database.facts(server, name).get("baked"):
            _bake(ready, server, conf, name, log, step)
        database.set_facts(server, name, used=time.time())
    return name, changed


def _build_state(ready, server, conf, name, base, own, log, step):
    part = name + "_part"
    database.drop(server, part)
    with step(f"Fresh installation of {', '.join(own)}"):
        database.clone(server, base, part)
        server.query(f"ALTER DATABASE {part} SET synchronous_commit = off")
        database.install(ready, conf, part, own, log)
        database.check_installed(server, part, own, log)
    if database.exists(server, name):
        database.carry_assets(server, name, part)
    database.drop(server, name)
    database.rename(server, part, name)


# Odoo compiles all bundles before the first test that opens a page, those of its own unit tests
# included; a server for people needs only those that pages use.
BAKE = "env['ir.qweb']._pregenerate_assets_bundles()\nenv.cr.commit()\n"
BAKE_PAGES = """
qweb = env["ir.qweb"]
scripts, styles = qweb._get_bundles_to_pregenarate()
for bundle in sorted(scripts):
    if "test" not in bundle:
        qweb._get_asset_bundle(bundle, css=False, js=True).js()
for bundle in sorted(styles):
    if "test" not in bundle:
        qweb._get_asset_bundle(bundle, css=True, js=False).css()
env.cr.commit()
"""


def _bake(ready, server, conf, name, log, step):
    """Compile the asset bundles into the template, so that no browser test has to."""
    part = name + "_part"
    known = database.facts(server, name)
    database.drop(server, part)
    with step("Compiling scripts and styles"):
        database.clone(server, name, part)
        database.script(ready, conf, part, BAKE, log, "the asset bundles could not be compiled")
    database.drop(server, name)
    database.rename(server, part, name)
    database.set_facts(server, name, **(known | {"baked": True}))


def _tidy(server, prefix):
    """Drop the templates that nobody has used lately, but for the latest few."""
    used = {}
    for name in database.names(server, prefix):
        if not name.endswith("_part"):
            used[name] = database.facts(server, name).get("used", 0)
    oldest_first = sorted(used, key=used.get)
    for name in oldest_first[: max(0, len(used) - KEPT + 1)]:
        if time.time() - used[name] > UNUSED:
            database.drop(server, name)
