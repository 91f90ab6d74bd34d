{
    "name": "Yishitong Documents",
    "summary": "Official documents: drafted, approved, numbered, laid out, circulated, archived",
    "version": "19.0.1.0.0",
    "category": "Government/Yishitong",
    "author": "Yishitong",
    "license": "AGPL-3",
    "depends": ["yst_circulation", "yst_order", "portal", "base_tier_validation"],
    "external_dependencies": {"python": ["pyzbar", "weasyprint", "xlsxwriter"]},
    "data": [
        "security/groups.xml",
        "security/ir.model.access.csv",
        "security/rules.xml",
        "data/roles.xml",
    ],
    "assets": {
        "web.assets_backend": ["yst_document/static/src/backend/**/*"],
        "web.assets_tests": ["yst_document/static/tests/tours/**/*"],
    },
    "application": True,
    "installable": True,
}
