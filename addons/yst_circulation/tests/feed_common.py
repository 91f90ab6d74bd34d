import base64

from odoo.addons.yst_base.tests.pictures import small_photo

from .common import CirculationCase


class FeedCase(CirculationCase):
    """People of areas and departments who publish: ``cadre`` of the north, ``grid_cadre`` of a
    grid in it, ``other`` of the south, ``sender`` of the whole subdistrict, ``clerk`` and
    ``clerk2`` of one department and no area, ``nobody`` with neither, a ``manager``."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.grid = cls.env["yst.area"].create(
            {
                "name": "Grid 1",
                "code": "990000001001001",
                "kind": "grid",
                "parent_id": cls.north.id,
            }
        )
        none = cls.env["yst.area"]
        cls.grid_cadre = cls._user("gridcadre", cls.grid)
        cls.clerk, cls.clerk2, cls.nobody = (
            cls._user(login, none) for login in ("clerk_a", "clerk_b", "nobody")
        )
        cls.manager = cls._user(
            "manager", cls.subdistrict, "yst_circulation.group_circulation_manager"
        )
        cls.department = cls.env["hr.department"].create({"name": "Desk"})
        for user in (cls.clerk, cls.clerk2):
            cls.env["hr.employee"].create(
                {"name": user.name, "user_id": user.id, "department_id": cls.department.id}
            )
        cls.serial = 0

    @classmethod
    def key(cls):
        cls.serial += 1
        return f"key-{cls.serial:08d}"

    def posts(self, user):
        return self.env["yst.feed.post"].with_user(user)

    def post(self, user, text="Words", scope="office", photos=0, **values):
        """A post that the user has published, as the superuser."""
        key = self.key()
        for _photo in range(photos):
            self.add_photo(user, key)
        post = self.posts(user).publish(key, text, scope, **values)
        return self.env["yst.feed.post"].browse(post)

    def add_photo(self, user, key, photo_key=None, data=None, **where):
        data = small_photo() if data is None else data
        return self.posts(user).add_photo(
            key, photo_key or self.key(), base64.b64encode(data).decode(), "IMG_1.jpg", **where
        )

    def rows(self, user, scope="all", limit=20, pages=50):
        """All rows of the user's feed, page by page, without the pinned ones."""
        before, rows = None, []
        for _page in range(pages):
            page = self.posts(user).get_page(before, scope, limit)
            rows += page["rows"]
            before = page["next"]
            if not before:
                return rows
        raise AssertionError("the feed has no end")

    def texts(self, user, scope="all", limit=20):
        return [row["text"] for row in self.rows(user, scope, limit)]
