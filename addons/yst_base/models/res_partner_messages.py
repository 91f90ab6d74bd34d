from odoo import api, models


class ResPartner(models.Model):
    """What is wrong with a number or with the keys, in the user's language."""

    _inherit = "res.partner"

    @api.model
    def _identity_message(self, error):
        """Say in the user's language what is wrong with a number."""
        messages = {
            "empty": self.env._("Enter the number."),
            "length": self.env._("An ID number has 18 characters. Please count them again."),
            "characters": self.env._("An ID number has 17 digits and a digit or X at the end."),
            "province": self.env._(
                "The first two digits of this ID number are not those of a province."
            ),
            "date": self.env._("Digits 7 to 14 of this ID number are not a valid date of birth."),
            "future": self.env._("The date of birth in this ID number lies in the future."),
            "check_digit": self.env._(
                "This ID number contains a typing error: its last character does not fit the "
                "others. Please compare it with the card."
            ),
            "kind": self.env._("Choose the kind of document first."),
            "kind_hmt": self.env._(
                "This is the number of a residence permit for Hong Kong, Macao and Taiwan "
                "residents. Please choose that document."
            ),
            "kind_resident": self.env._(
                "The number of a residence permit for Hong Kong, Macao and Taiwan residents "
                "begins with 81, 82 or 83."
            ),
            "passport": self.env._(
                "A passport number has 5 to 15 letters and digits, no other characters."
            ),
            "foreign_permanent": self.env._(
                "A permanent residence card number has 18 characters beginning with 9, or 3 "
                "letters and 12 digits on older cards."
            ),
            "mobile": self.env._("A mobile number has 11 digits and begins with 13 to 19."),
            "phone": self.env._(
                "Enter a mobile number of 11 digits, or a landline number with its area code."
            ),
        }
        return messages[error.code]

    @api.model
    def _vault_message(self, error):
        """Say what an administrator has to do; the path goes to the server's log alone."""
        messages = {
            "unset": self.env._(
                "The server has no key for identity numbers. Set YST_KEY_FILE in its "
                "environment or yst_key_file in its configuration, then try again."
            ),
            "missing": self.env._(
                "The key file for identity numbers is missing. Put it back from the backup "
                "of the keys; without it the numbers cannot be read."
            ),
            "unreadable": self.env._(
                "The server may not read the key file for identity numbers. Give its user "
                "the right to read it."
            ),
            "broken": self.env._(
                "The key file for identity numbers is damaged. Put it back from the backup of "
                "the keys."
            ),
            "wrong_key": self.env._(
                "This number was encrypted under a key that the key file does not hold. Add "
                "the older key to it."
            ),
        }
        return messages[error.code]
