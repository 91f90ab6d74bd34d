"""``python -m video_bridge``."""

from __future__ import annotations

import sys

from video_bridge.cli import main

if __name__ == "__main__":
    sys.exit(main())
