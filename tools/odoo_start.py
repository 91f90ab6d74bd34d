"""Starts Odoo's command line. Workers keep their websockets this way (not with `-m odoo`)."""

import os
import sys

# this folder must not shadow the standard library
sys.path[:] = [p for p in sys.path if os.path.abspath(p or ".") != os.path.dirname(__file__)]
sys.path.insert(0, os.environ["YST_ODOO_PATH"])

import odoo.cli  # noqa: E402 (found through the line above)

if __name__ == "__main__":
    odoo.cli.main()
