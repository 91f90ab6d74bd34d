"""Takes the pictures of docs/ from a running server with its sample data.

    .local/venv/bin/python tests/screenshots resident [--base http://localhost:8069]

Each part (resident, clerk, manager, …) is a file beside this one with a function `take(shots)`;
without a part named, all are taken. It writes docs/images/<part>-<name>.png.
"""

import argparse
import importlib
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent)]

PARTS = sorted(
    path.stem for path in HERE.glob("*.py") if path.stem not in ("__main__", "__init__", "common")
)


def main():
    parser = argparse.ArgumentParser(description="Pictures for docs/ from a running server.")
    parser.add_argument("part", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--base", default="http://localhost:8069", help="address of the server")
    options = parser.parse_args()
    unknown = set(options.part) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    from common import Shots

    for part in options.part or PARTS:
        with Shots(part, options.base) as shots:
            importlib.import_module(part).take(shots)


if __name__ == "__main__":
    main()
