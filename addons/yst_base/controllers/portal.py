from odoo.addons.portal.controllers.portal import CustomerPortal

from .. import identity


class ResidentPortal(CustomerPortal):
    """Tells residents about a wrong telephone number beside the field."""

    def _validate_address_values(self, address_values, partner_sudo, *args, **kwargs):
        invalid, missing, messages = super()._validate_address_values(
            address_values, partner_sudo, *args, **kwargs
        )
        phone = address_values.get("phone")
        if phone and partner_sudo.is_resident and phone != partner_sudo.mobile_masked:
            try:
                identity.normalise_phone(phone)
            except identity.IdentityError as error:
                invalid.add("phone")
                messages.append(partner_sudo._identity_message(error))
        return invalid, missing, messages
