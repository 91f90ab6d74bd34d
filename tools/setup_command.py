"""./yst setup: everything made ready, nothing started."""

from tools import console, setup


def main(_options):
    ready = setup.ensure(tests=True)
    console.say(f"Odoo 19: {ready.odoo.path}")
