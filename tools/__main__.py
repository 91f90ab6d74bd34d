"""Entry point of ./yst, started by path so that it works from any directory."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from tools.cli import main  # noqa: E402 (the line above makes the package findable)

if __name__ == "__main__":
    sys.exit(main())
