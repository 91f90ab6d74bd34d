from markupsafe import Markup

from odoo import models

#: name and default of the parameters that the bridge understands, by kind
PARAMS = {
    "crowd": (("keep", 0.7), ("hits", 2), ("release", 10)),
    "no_mask": (("face", 40), ("hits", 2), ("release", 10)),
    "intrusion": (("after", 10), ("hits", 2), ("release", 10)),
    "loitering": (("inertia", 6), ("hits", 2), ("release", 15)),
    "obstruction": (
        ("learn", 15),
        ("contrast", 14),
        ("attended", 0),
        ("absorb", 21600),
        ("hits", 2),
        ("release", 20),
    ),
    "water_level": (("back", 0.1), ("sure", 0.35), ("hits", 2), ("release", 30)),
    "tamper": (
        ("edges", 0.3),
        ("sharp", 0.3),
        ("contrast", 0.3),
        ("alike", 0.3),
        ("frozen", 60),
        ("relearn", 1800),
        ("hits", 2),
        ("release", 10),
    ),
}


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
        if not text:
            return False
        rows = Markup("").join(
            Markup("<li><code>%s = %s</code>: %s</li>") % row for row in self._params_help()
        )
        if not rows:
            return Markup("<p>%s</p>") % text
        more = self.env._("Further parameters, one in a line, with their defaults:")
        return Markup("<p>%s</p><p>%s</p><ul>%s</ul>") % (text, more, rows)

    def _params_help(self):
        """Name, default and meaning of the parameters that the bridge knows for the kind."""
        words = {
            "keep": self.env._("share of the threshold that keeps it going"),
            "after": self.env._("seconds for which a crossing of the line counts"),
            "inertia": self.env._("seconds for which somebody may be out of sight"),
            "face": self.env._("least width of a face in pixels"),
            "learn": self.env._("pictures from which the empty place is learnt"),
            "attended": self.env._("1: also while somebody stands beside it (stalls)"),
            "absorb": self.env._("seconds after which a thing belongs to the place"),
            "back": self.env._("metres by which it has to fall again"),
            "sure": self.env._("how clearly the waterline must be seen, 0 to 1"),
            "edges": self.env._("share of the usual edges below which it is covered"),
            "sharp": self.env._("share of the usual sharpness"),
            "alike": self.env._("likeness below which the camera has been turned"),
            "frozen": self.env._("seconds without the least change"),
            "relearn": self.env._("seconds after which the new view is the usual one"),
            "hits": self.env._("pictures in a row that must agree"),
            "release": self.env._("seconds of calm that end the alert"),
        }
        if self.kind == "obstruction":
            words["contrast"] = self.env._("grey levels by which it must differ")
        else:
            words["contrast"] = self.env._("share of the usual contrast")
        return [(name, default, words[name]) for name, default in PARAMS.get(self.kind, ())]
