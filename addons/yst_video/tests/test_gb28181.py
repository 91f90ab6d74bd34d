"""Pure rules: national codes, zones, addresses, parameters, positions of the samples."""

from odoo.tests import BaseCase, tagged

from .. import gb28181, geometry, rule_defaults, stream_address
from ..models.yst_video_camera_sample import spread
from ..models.yst_video_camera_step import new_token
from ..models.yst_video_rule_rate import is_noisy
from ..models.yst_video_rule_window import clock


@tagged("post_install", "-at_install")
class TestGb28181(BaseCase):
    def test_a_code_is_taken_apart(self):
        code = gb28181.parse(" 61090200011320000007 ")
        self.assertEqual(code, ("61090200", "01", "132", "0", "000007"))
        self.assertEqual(gb28181.build("61090200", "01", "132", "0", 7), "61090200011320000007")

    def test_what_is_no_code_says_why(self):
        for text, why in (
            ("", "missing"),
            (None, "missing"),
            ("6109020001132000000x", "digits"),
            ("６１０９０２０００１１３２０００００７０", "digits"),
            ("6109020001132000000", "length"),
            ("610902000113200000070", "length"),
            ("10090200011320000007", "province"),
            ("99090200011320000007", "province"),
            ("61090200012000000007", "type"),
            ("61090200011320000000", "serial"),
        ):
            with self.subTest(text=text), self.assertRaises(gb28181.CodeError) as caught:
                gb28181.parse(text)
            self.assertEqual(caught.exception.code, why)

    def test_recorders_are_known_types(self):
        for kind in ("111", "118", "131", "132"):
            self.assertEqual(gb28181.parse(f"6109020001{kind}0000007").type, kind)

    def test_the_county_is_that_of_the_area(self):
        gb28181.check("61090200011320000007", "610902001001")
        gb28181.check("61090200011320000007", "610902001001003")
        with self.assertRaises(gb28181.CodeError) as caught:
            gb28181.check("61090300011320000007", "610902001001")
        self.assertEqual((caught.exception.code, caught.exception.detail), ("area", "610903"))

    def test_a_serial_number_too_long_makes_no_code(self):
        with self.assertRaises(gb28181.CodeError):
            gb28181.build("61090200", "01", "132", "0", 1_000_000)


@tagged("post_install", "-at_install")
class TestZones(BaseCase):
    def test_shapes_that_are_zones(self):
        self.assertEqual(
            geometry.check("polygon", [[0, 0], [1, 0], [0.33333333, 1]]),
            [[0.0, 0.0], [1.0, 0.0], [0.3333, 1.0]],
        )
        geometry.check("line", [[0.1, 0.5], [0.5, 0.6], [0.9, 0.5]])
        geometry.check("gauge", [[0.5, 0.9], [0.5, 0.1]])

    def test_what_is_no_zone_says_why(self):
        square = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]
        bow = [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.3, 0.9]]
        for shape, points, why in (
            ("circle", square, "shape"),
            ("polygon", None, "points"),
            ("polygon", "0,0 1,1", "points"),
            ("polygon", [[0, 0], [1, 0], [1]], "points"),
            ("polygon", [[0, 0], [1, 0], ["1", 1]], "points"),
            ("polygon", [[0, 0], [1, 0], [True, 1]], "points"),
            ("polygon", [[0, 0], [1, 0]], "number"),
            ("polygon", [[0, 0]] * 61, "number"),
            ("line", [[0, 0]], "number"),
            ("gauge", [[0, 0], [1, 1], [0, 1]], "number"),
            ("polygon", [[0, 0], [1, 0], [1.01, 1]], "outside"),
            ("polygon", [[0, 0], [1, 0], [float("nan"), 1]], "outside"),
            ("polygon", [[0.5, 0.5], [0.501, 0.5], [0.5, 0.501]], "small"),
            ("line", [[0.5, 0.5], [0.501, 0.5]], "small"),
            ("polygon", bow, "crossing"),
        ):
            with self.subTest(points=points), self.assertRaises(geometry.ShapeError) as caught:
                geometry.check(shape, points)
            self.assertEqual(caught.exception.code, why)

    def test_sides_that_touch_cross(self):
        self.assertTrue(
            geometry.crosses_itself([[0, 0], [1, 0], [1, 1], [0.5, 0], [0, 1]])
        )
        self.assertFalse(geometry.crosses_itself([[0, 0], [1, 0], [0.5, 0.2], [0, 1]]))


@tagged("post_install", "-at_install")
class TestAddress(BaseCase):
    def test_accounts_are_taken_out(self):
        for text, expected in (
            ("rtsp://h/p", ("rtsp://h/p", None, None)),
            (" RTSP://H:554/P?a=1 ", ("rtsp://h:554/P?a=1", None, None)),
            ("rtsp://u:s%40x@h/p", ("rtsp://h/p", "u", "s@x")),
            ("rtsp://u@h/p", ("rtsp://h/p", "u", None)),
            ("rtsp://u:a:b@h/p", ("rtsp://h/p", "u", "a:b")),
            ("rtsp://u:p@ss@h/p", ("rtsp://h/p", "u", "p@ss")),
            (
                "http://h/v?user=admin&pwd=12345&ch=1",
                ("http://h/v?user={username}&pwd={password}&ch=1", "admin", "12345"),
            ),
            (
                "rtsp://h/user=admin_password=ab12_channel=1_stream=0.sdp",
                (
                    "rtsp://h/user={username}_password={password}_channel=1_stream=0.sdp",
                    "admin",
                    "ab12",
                ),
            ),
            ("rtsp://[fe80::1]:554/p", ("rtsp://[fe80::1]:554/p", None, None)),
        ):
            with self.subTest(text=text):
                self.assertEqual(tuple(stream_address.split(text)), expected)

    def test_a_cleaned_address_stays_as_it_is(self):
        for text in (
            "rtsp://u:p@h/p",
            "http://h/v?user=admin&password=12345",
            "rtsp://h/user=admin_password=ab12_channel=1.sdp",
        ):
            clean = stream_address.split(text).clean
            self.assertEqual(tuple(stream_address.split(clean)), (clean, None, None))

    def test_the_camera_gets_its_address_back(self):
        clean, user, password = stream_address.split("http://h/v?user=a&pwd=b&ch=1")
        self.assertEqual(stream_address.fill(clean, user, password), "http://h/v?user=a&pwd=b&ch=1")

    def test_what_is_no_address_says_why_and_not_what(self):
        for text, why in (
            ("", "scheme"),
            ("h/p", "scheme"),
            ("ftp://u:geheim@h/p", "scheme"),
            ("rtsp://", "host"),
            ("rtsp://u:geheim@/p", "host"),
            ("rtsp://h:99999/p", "port"),
            ("rtsp://u:ge/heim@h/p", "port"),
            ("rtsp://u:ge heim@h/p", "space"),
            ("rtsp://h/" + "x" * 600, "long"),
            ("file://u:geheim@h/p", "host"),
        ):
            with self.subTest(text=text), self.assertRaises(stream_address.AddressError) as caught:
                stream_address.split(text)
            self.assertEqual(caught.exception.code, why)
            self.assertEqual(str(caught.exception), why)


@tagged("post_install", "-at_install")
class TestSmallRules(BaseCase):
    def test_every_kind_has_defaults(self):
        for kind in rule_defaults.KINDS:
            found = rule_defaults.defaults_for(kind)
            self.assertGreaterEqual(found.duration, 0)
            self.assertLessEqual(found.min_score, 1)
        self.assertEqual(rule_defaults.defaults_for("crowd")[:2], (8, 10))

    def test_parameters_are_read_by_line(self):
        self.assertEqual(
            rule_defaults.read_params("release = 10\n\n hits=3 "), {"release": 10.0, "hits": 3.0}
        )
        for line in ("release", "release = viel", "= 3", "a b = 3", "x = nan", "x = inf"):
            with self.subTest(line=line), self.assertRaises(ValueError):
                rule_defaults.read_params(line)

    def test_a_rule_is_noisy_from_enough_judgements_and_above_the_share(self):
        settings = {"noisy_min_judged": 10, "noisy_percent": 40}
        for judged, false, expected in (
            (0, 0, False),
            (9, 9, False),
            (10, 4, False),
            (10, 5, True),
            (100, 40, False),
            (100, 41, True),
        ):
            self.assertEqual(is_noisy(judged, false, settings), expected)

    def test_hours_are_told_to_the_minute(self):
        self.assertEqual([clock(h) for h in (0, 7.5, 23.99, 24 % 24)],
                         ["00:00", "07:30", "23:59", "00:00"])

    def test_cards_have_secrets_of_24_letters_that_do_not_repeat(self):
        tokens = {new_token() for _count in range(1000)}
        self.assertEqual(len(tokens), 1000)
        for token in tokens:
            self.assertRegex(token, r"^[A-Z2-7]{24}$")

    def test_sample_cameras_lie_around_the_centre_and_in_the_box(self):
        area = {"area_km2": 0.9, "lat": 32.69, "lon": 109.033}
        box = {"south": 32.685, "north": 32.72, "west": 108.99, "east": 109.07}
        places = {spread(area, number, 35, box) for number in range(35)}
        self.assertEqual(len(places), 35)
        for latitude, longitude in places:
            self.assertTrue(box["south"] <= latitude <= box["north"])
            self.assertLess(abs(latitude - 32.69), 0.006)
            self.assertLess(abs(longitude - 109.033), 0.007)
