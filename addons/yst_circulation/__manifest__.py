{
    "name": "Yishitong Circulation",
    "summary": "Notices and collaboration items sent to many people, each of whom must act",
    "version": "19.0.1.0.0",
    "category": "Government/Yishitong",
    "author": "Yishitong",
    "license": "AGPL-3",
    "depends": ["yst_base", "bus", "mail", "hr"],
    "data": [
        "security/groups.xml",
        "security/ir.model.access.csv",
        "security/rules.xml",
        "data/roles.xml",
        "data/ir_cron.xml",
    ],
    "assets": {
        "web.assets_backend": ["yst_circulation/static/src/backend/**/*"],
        "web.assets_tests": ["yst_circulation/static/tests/tours/**/*"],
    },
    "application": True,
    "installable": True,
}
