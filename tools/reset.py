"""./yst reset: drop the development database. Keys, backups and templates stay."""

from tools import console, database, paths, postgres, setup
from tools import server as development
from tools.console import Trouble


def main(options):
    """Ask, then drop database and files."""
    name = options.db or paths.DEV_DATABASE
    setup.ensure()
    development.need_idle(name)
    with postgres.session() as server:
        if not database.exists(server, name):
            console.say(f"there is no database {name}: nothing to do")
            return 0
        if not options.yes and not console.ask(
            f"Drop the database {name} and all its files? This cannot be undone."
        ):
            raise Trouble("nothing was dropped", "answer y, or use ./yst reset --yes")
        with console.step(f"Dropping {name}"):
            database.drop(server, name)
    return 0
