from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

PICTURES = 8
#: So many photos of one order are enough for everybody.
MOST_PHOTOS = 60
#: A phone's clock may be so far from the server's.
CLOCKS_DIFFER = timedelta(minutes=10)


class Order(models.Model):
    """Photos of the spot (现场照片) and the pictures of what caused the order."""

    _inherit = "yst.order"

    def order_add_photo(self, data_b64, filename, latitude=None, longitude=None):
        """Take a photo from the handler's phone as evidence, watermarked with time, place and
        person.

        :param data_b64: the file, base64
        :param latitude: WGS-84, where the phone says it is
        :return: dict with the evidence's ``id`` and ``problems``, words on what to mend
        :raises AccessError: by others than the handler
        :raises UserError: the order is not at work, or the file is too large or no photo
        """
        self.ensure_one()
        self.check_access("read")
        order = self.sudo()
        if order.user_id != self.env.user:
            raise AccessError(self.env._("Only its handler adds photos to an order."))
        order._need_state("accepted")
        if order._photo_counts().get(order.id, 0) >= MOST_PHOTOS:
            raise UserError(self.env._("There are %s photos already.", MOST_PHOTOS))
        evidence = self._evidence_add(
            self._photo_data(data_b64),
            filename if isinstance(filename, str) else "",
            position=None if latitude is None or longitude is None else (latitude, longitude),
            watermark=order._photo_lines,
        ).sudo()
        if evidence.kind != "photo":
            raise UserError(self.env._("This is not a photo."))
        problems = self._evidence_problem_words(evidence.problems)
        since = order.accepted_at and order.accepted_at - CLOCKS_DIFFER
        if evidence.taken_at and since and evidence.taken_at < since:
            problems.append(
                self.env._("The photo was taken before the order was accepted. Take a new one.")
            )
        return {"id": evidence.id, "problems": problems}

    def order_pictures(self, limit=PICTURES):
        """Pictures of the order's sources, for whoever may read the order.

        The addresses check by themselves who may see the picture.

        :return: list of dict with ``url``, ``at`` and ``caption``
        """
        self.ensure_one()
        self.check_access("read")
        limit = min(limit, PICTURES) if isinstance(limit, int) else PICTURES
        return self.sudo()._source_pictures(limit)[self.id][:limit]

    @api.model
    def _photo_data(self, data_b64):
        """:raises UserError: no base64, or larger than the setting allows"""
        return self._evidence_decode(data_b64, self._setting("photo_megabytes"))

    def _photo_lines(self, taken_at, position):
        """Time, place and person, written into the picture.

        :param taken_at: by the camera, naive UTC; without it the time of arrival is written
        :param position: (latitude, longitude) or None
        """
        zone = self.with_context(tz=self.env.user.tz or "Asia/Shanghai")
        moment = fields.Datetime.context_timestamp(zone, taken_at or fields.Datetime.now())
        place = [self.area_id.complete_name]
        if self.place:
            place.append(self.place)
        if position:
            place.append(f"{position[0]:.5f}, {position[1]:.5f}")
        return [f"{moment:%Y-%m-%d %H:%M:%S}", " ".join(place), self.env.user.name]

    def _photo_counts(self):
        """dict of order id to the number of photos handed in for it (sudo)"""
        evidence = self.env["yst.evidence"].sudo()
        return dict(
            evidence._read_group(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "in", self.ids),
                    ("kind", "=", "photo"),
                ],
                ["res_id"],
                ["__count"],
            )
        )

    def _note_photos(self):
        """Remember how many photos there are as the work begins (sudo)."""
        counts = self._photo_counts()
        for order in self:
            order.photos_before = counts.get(order.id, 0)

    def _source_pictures(self, limit):
        """dict of order id to the pictures of its sources, the first source first (sudo)"""
        pairs, pictures = self._sources(), {}
        by_model = defaultdict(set)
        for _order, sources in pairs:
            by_model[sources._name].update(sources.ids)
        for model, ids in by_model.items():
            found = self.env[model].sudo().browse(ids)._order_pictures_of_each(limit)
            pictures.update({(model, one): of_one for one, of_one in found.items()})
        result = {order.id: [] for order in self}
        for order, sources in pairs:
            for source in sources:
                result[order.id] += pictures.get((source._name, source.id), [])
        return {order_id: of_order[:limit] for order_id, of_order in result.items()}
