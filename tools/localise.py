"""What a Chinese office expects of a new database: language, time zone, country, currency.

`python -m tools.localise` prints the code with a new random password for the administrator;
docker/ feeds it to Odoo's shell.
"""

import secrets
import sys

from tools.database import LANGUAGE

CODE = """
company = env["res.company"].search([], order="id", limit=1)
china = env.ref("base.cn")
yuan = env["res.currency"].with_context(active_test=False).search([("name", "=", "CNY")])
yuan.active = True
company.write({{"country_id": china.id, "name": {office!r}}})
if company.currency_id != yuan:
    try:
        with env.cr.savepoint():
            company.currency_id = yuan
    except Exception as error:
        print("currency stays", company.currency_id.name, error)
users = env["res.users"].with_context(active_test=False).search([("share", "=", False)])
users.write({{"lang": "{language}", "tz": "Asia/Shanghai"}})
public = env.ref("base.public_user")
public.write({{"lang": "{language}", "tz": "Asia/Shanghai"}})
env["ir.default"].set("res.partner", "lang", "{language}")
env["ir.default"].set("res.partner", "tz", "Asia/Shanghai")
env.ref("base.user_admin").password = {password!r}
if "website" in env:
    chinese = env["res.lang"]._get_data(code="{language}").id
    for website in env["website"].search([]):
        website.write({{"default_lang_id": chinese, "language_ids": [(6, 0, [chinese])]}})
env.cr.commit()
"""


def code(password, office="街道办事处"):
    """Code for Odoo's shell; `password` is the administrator's, `office` names the company."""
    return CODE.format(language=LANGUAGE, password=password, office=office)


if __name__ == "__main__":
    fresh = secrets.token_urlsafe(12)
    print(code(fresh))
    print(f"administrator: admin, password: {fresh}", file=sys.stderr)
