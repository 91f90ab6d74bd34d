from markupsafe import Markup

from odoo import models


class VideoRule(models.Model):
    """What each kind of rule looks for, in words, for its form."""

    _inherit = "yst.video.rule"

    def _kind_help(self):
        """What the rule's kind looks for, which numbers matter, and where it is weak."""
        texts = {
            "crowd": self.env._(
                "People in the zone (in the whole picture without one): at least as many as the "
                "threshold, for as long as the duration. Counted in single pictures a second or "
                "two apart; people who hide each other are not counted."
            ),
            "no_mask": self.env._(
                "Faces without a mask. Only faces of at least 40 pixels are judged: the camera "
                "must be near an entrance. What cannot be told is not reported."
            ),
            "intrusion": self.env._(
                "A person stands in the zone, or has crossed the line, for as long as the "
                "duration. Where somebody stands is the lower edge of the figure."
            ),
            "loitering": self.env._(
                "The same person stays in the zone for as long as the duration."
            ),
            "obstruction": self.env._(
                "Something that was not there lies or stands in the zone for as long as the "
                "duration, with nobody beside it: goods, stalls, litter. Sudden light, snow and "
                "moving shadows can deceive it."
            ),
            "water_level": self.env._(
                "The waterline on the gauge line lies at or above the threshold, in metres. Draw "
                "the gauge line along the gauge, and give the readings at both its ends."
            ),
            "tamper": self.env._(
                "The lens is covered, turned or out of focus: edges are gone, or the whole "
                "picture has moved, for as long as the duration."
            ),
            "offline": self.env._(
                "No picture for as long as the duration. It is reported by the bridge that reads "
                "the camera."
            ),
        }
        text = texts.get(self.kind)
        return Markup("<p>%s</p>") % text if text else False
