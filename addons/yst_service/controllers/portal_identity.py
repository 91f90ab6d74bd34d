"""Real name and identity document of the reader (实名信息)."""

from odoo import http
from odoo.exceptions import ValidationError
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal

from . import portal_common as common

KINDS = ("resident_id", "hmt_permit", "passport", "foreign_permanent")
WRONG_ATTEMPTS_AN_HOUR = 10


class PortalIdentity(http.Controller):
    @http.route(
        "/my/identity", type="http", auth="yst_resident", website=True, sitemap=False,
        max_content_length=common.TEXT_LIMIT,
    )
    @common.resident_action
    def identity(self, next="/my", **entries):
        next_page = common.safe_path(next)
        errors = {}
        if request.httprequest.method == "POST":
            errors = self._save(entries)
            if not errors:
                common.say(request.env._("Your details have been saved."))
                return common.go(next_page)
            if common.wants_json():
                return common.json_errors(errors)
        return common.page(
            "yst_service.portal_identity",
            partner=common.resident(),
            kinds=self._kinds(),
            next_page=next_page,
            errors=errors,
            values=self._values(entries),
        )

    def _kinds(self):
        labels = dict(
            request.env["res.partner"]._fields["identity_kind"]._description_selection(
                request.env
            )
        )
        return [(kind, labels[kind]) for kind in KINDS if kind in labels]

    def _values(self, entries):
        """What stands in the form: what was typed, else what is known."""
        partner = common.resident()
        return {
            "name": entries.get("name", partner.name if partner.identity_masked else ""),
            "identity_kind": entries.get("identity_kind", "resident_id"),
            "identity": entries.get("identity", ""),
            "mobile": entries.get("mobile", ""),
        }

    def _save(self, entries):
        """Saves all entries, or none and says what is wrong with which.

        :return: dict of messages by entry, empty when saved
        """
        env, partner = request.env, common.resident()
        attempts, source = env["yst.portal.attempt"], str(env.uid)
        if attempts._too_many("identity", source, WRONG_ATTEMPTS_AN_HOUR):
            return {
                "form": env._(
                    "Too many wrong numbers. Try again in an hour, or bring your identity"
                    " document to the service window."
                )
            }
        errors = {}
        new = not partner.identity_masked
        name = " ".join(common.clean(entries.get("name"), 200).split())
        mobile = common.clean(entries.get("mobile"), 30)
        if new and not 1 < len(name) <= 50:
            errors["name"] = env._("Enter your real name as on the document, 2 to 50 characters.")
        if mobile or not partner.mobile_masked:
            self._try(errors, "mobile", common.set_mobile, mobile)
        if new:
            kind = entries.get("identity_kind")
            if kind not in KINDS:
                errors["identity_kind"] = env._("Choose the kind of document.")
            else:
                number = common.clean(entries.get("identity"), 30)
                self._try(errors, "identity", partner._set_identity, kind, number)
        if errors:
            env.cr.rollback()
            if "identity" in errors:
                attempts._record("identity", source)
        elif new:
            partner.write({"name": name, "is_resident": True})
        return errors

    def _try(self, errors, field, setter, *values):
        """Calls a setter; a refusal is kept as the message of `field`."""
        try:
            with request.env.cr.savepoint():
                setter(*values)
        except ValidationError as error:
            errors[field] = error.args[0]


class ResidentAccount(CustomerPortal):
    """A resident's details are changed on our page: the name is the one on the document."""

    def _is_resident(self):
        return not request.env.user._is_internal()

    @http.route()
    def account(self, **kwargs):
        if self._is_resident():
            return request.redirect("/my/identity")
        return super().account(**kwargs)

    @http.route()
    def my_addresses(self, **query_params):
        if self._is_resident():
            return request.redirect("/my/identity")
        return super().my_addresses(**query_params)

    @http.route()
    def portal_address(self, *args, **query_params):
        if self._is_resident():
            return request.redirect("/my/identity")
        return super().portal_address(*args, **query_params)

    @http.route()
    def portal_address_submit(self, *args, **form_data):
        if self._is_resident():
            return request.redirect("/my/identity", code=303)
        return super().portal_address_submit(*args, **form_data)
