"""./yst setup: everything made ready, nothing started."""

from tools import console, setup


def main(options):
    odoo = setup.ensure_production() if options.production else setup.ensure(tests=True).odoo
    console.say(f"Odoo 19: {odoo.path}")
