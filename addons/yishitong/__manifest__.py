{
    "name": "Yishitong",
    "summary": "The working platform of a subdistrict office: installs the suite",
    "version": "19.0.1.0.0",
    "category": "Government/Yishitong",
    "author": "Yishitong",
    "license": "AGPL-3",
    "depends": [
        "yst_service",
        "yst_video",
        "mail_debranding",
        "portal_debranding",
        "website_debranding",
        "disable_odoo_online",
        "remove_odoo_enterprise",
    ],
    "application": True,
    "installable": True,
}
