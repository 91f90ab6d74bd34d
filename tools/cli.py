"""The commands of ./yst."""

import argparse
import signal
import sys
import traceback

from tools import console
from tools.console import Trouble

EPILOG = """\
examples:
  ./yst run                     start with sample data, print addresses and sample users
  ./yst run --empty             start without sample data
  ./yst test                    everything: lint, fresh install, all tests
  ./yst test yst_base           one addon, within seconds
  ./yst test yst_base --tags /yst_base:TestClock
  ./yst test video_bridge       the bridge's own tests
  ./yst i18n yst_base           bring addons/yst_base/i18n/zh_CN.po up to date
"""


def parser():
    """The argument parser with all commands."""
    top = argparse.ArgumentParser(
        prog="./yst",
        description="Yishitong (一事通): set-up, run, test. Every command sets up what it needs.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", metavar="command")

    def command(name, text, module):
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(module=module)
        return sub

    run = command("run", "set up what is missing and start the server", "server")
    run.add_argument("--port", type=int, default=8069, help="port to listen on (default 8069)")
    run.add_argument("--empty", action="store_true", help="a database without sample data")
    run.add_argument("--db", default=None, help="database to use (default yishitong)")
    run.add_argument("--no-video", action="store_true",
                     help="without the video bridge and its sample streams")

    test = command("test", "run all tests, or those of some addons", "test")
    test.add_argument("addons", nargs="*",
                      help="addons to test, or video_bridge (default: everything)")
    test.add_argument("--tags", help="Odoo test tags, such as /yst_base:TestClock.test_leap_day")
    test.add_argument("--keep", action="store_true", help="keep the databases of the run")
    test.add_argument("--fresh", action="store_true",
                      help="install the addons anew instead of updating a cached database")

    command("lint", "check style, views and translations", "lint")

    i18n = command("i18n", "export terms into addons/ADDON/i18n/zh_CN.po, keeping translations",
                   "i18n")
    i18n.add_argument("addons", nargs="*", help="addons (default: all of the suite)")
    i18n.add_argument("--check", action="store_true", help="change nothing, only list what is open")

    bench = command("bench", "measure ours beside its peer", "bench")
    bench.add_argument("name", nargs="?", help="benchmark: a file of tools/benchmarks/")
    bench.add_argument("--json", action="store_true", help="one JSON object a line")
    bench.add_argument("--keep", action="store_true", help="keep what the benchmark builds")

    shell = command("shell", "Odoo's Python shell on the development database", "server")
    shell.add_argument("--db", default=None, help="database to use (default yishitong)")

    reset = command("reset", "drop the development database; keys and backups stay", "reset")
    reset.add_argument("--yes", action="store_true", help="do not ask")
    reset.add_argument("--db", default=None, help="database to drop (default yishitong)")

    stop = command("stop", "stop what an earlier run left running", "server")
    stop.add_argument("--port", type=int, default=None, help="only the server on this port")

    backup = command("backup", "write database and files into one archive", "backup")
    backup.add_argument("file", nargs="?", help="archive to write (default: by date)")
    backup.add_argument("--db", default=None, help="database (default yishitong)")
    backup.add_argument("--with-key", action="store_true",
                        help="put the identity key into the archive as well: guard it well")

    restore = command("restore", "replace the database by that of an archive", "backup")
    restore.add_argument("file", help="archive to read")
    restore.add_argument("--db", default=None, help="database (default yishitong)")
    restore.add_argument("--yes", action="store_true", help="do not ask")

    setup = command("setup", "only set up, start nothing", "setup_command")
    setup.add_argument("--production", action="store_true",
                       help="no database server, no key, nothing for tests (used by docker/)")
    commands.add_parser("help", help="show this help")
    return top


def main(arguments=None):
    """Run one command; exit code 0 when all went well."""
    top = parser()
    options = top.parse_args(arguments)
    if options.command in {None, "help"}:
        top.print_help()
        return 0
    for sign in (signal.SIGTERM, signal.SIGHUP):  # as Ctrl-C: stop what was started, then go
        signal.signal(sign, _terminated)
    try:
        module = __import__(f"tools.{options.module}", fromlist=["main"])
        return module.main(options) or 0
    except Trouble as trouble:
        console.report(trouble)
        return 1
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130
    except Exception:
        log = console.new_log("crash")
        log.write_text(traceback.format_exc())
        console.report(Trouble(
            f"an error in ./yst itself: {traceback.format_exc(limit=0).strip()}",
            "please report it with the log", log,
        ))
        return 2


def _terminated(_signal, _frame):
    raise KeyboardInterrupt
