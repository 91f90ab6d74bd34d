from odoo import _, api, models
from odoo.exceptions import ValidationError

from odoo.addons.yst_base import reference_data

from .. import catalogue


class YstServiceItem(models.Model):
    """Loading the catalogue from reference data."""

    _inherit = "yst.service.item"

    @api.model
    def _load_reference_catalogue(self):
        """Load data/services.yaml with the blank forms of data/blank_forms.yaml."""
        return self._load_catalogue(
            reference_data.load("services.yaml"), reference_data.load("blank_forms.yaml")
        )

    @api.model
    def _load_catalogue(self, data, forms=None):
        """Add the categories, life events and items of a catalogue that are not there yet.

        Loading twice changes nothing; what the office has edited stays as it is.

        :param dict data: what services.yaml holds
        :param dict forms: layouts of blank forms by the material's name
        :return: the items that were added
        :raises ValidationError: with every fault of the catalogue
        """
        faults = catalogue.check(data)
        if faults:
            raise ValidationError(
                _("The catalogue cannot be loaded:\n%(faults)s", faults="\n".join(faults))
            )
        self = self.with_context(active_test=False, tracking_disable=True)
        categories = self._load_categories(data["categories"])
        events = self._load_life_events(data["items"])
        codes = [entry["code"] for entry in data["items"]]
        known = set(self.search([("code", "in", codes)]).mapped("code"))
        rank = {}
        values = []
        for entry in data["items"]:
            rank[entry["category"]] = rank.get(entry["category"], 0) + 1
            if entry["code"] in known:
                continue
            values.append(
                {
                    "code": entry["code"],
                    "category_id": categories[entry["category"]].id,
                    # The n-th items of all categories stand together, so that a list that
                    # knows no better shows some of each.
                    "sequence": rank[entry["category"]] * 10,
                    "synonyms": "\n".join(entry["synonyms_zh"]),
                    "life_event_ids": [events[name].id for name in entry["life_events"]],
                    "version_ids": [
                        (0, 0, catalogue.version_values(entry, forms, data.get("sample")))
                    ],
                }
            )
        items = self.create(values)
        items.version_ids._publish()
        return items

    def _load_categories(self, entries):
        category_model = self.env["yst.service.category"].with_context(active_test=False)
        known = {category.code: category for category in category_model.search([])}
        for place, entry in enumerate(entries, 1):
            if entry["code"] not in known:
                known[entry["code"]] = category_model.create(
                    {"code": entry["code"], "name": entry["name_zh"], "sequence": place * 10}
                )
        return {entry["name_zh"]: known[entry["code"]] for entry in entries}

    def _load_life_events(self, entries):
        event_model = self.env["yst.life.event"].with_context(active_test=False)
        known = {event.name: event for event in event_model.search([])}
        names = dict.fromkeys(name for entry in entries for name in entry["life_events"])
        for name in names:
            if name not in known:
                known[name] = event_model.create({"name": name, "sequence": 100})
        return known
