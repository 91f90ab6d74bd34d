import re

from odoo.tests import HttpCase, tagged


@tagged("post_install", "-at_install")
class TestSiteLook(HttpCase):
    """Pages of the website builder obey large type as well, and name no other host."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.website = cls.env["website"].search([], limit=1)
        cls.env["website.page"].create(
            {
                "name": "Sample",
                "url": "/look-sample",
                "type": "qweb",
                "arch": """<t t-name="website.look_sample"><t t-call="website.layout">
                    <div id="wrap">sample text</div></t></t>""",
                "key": "website.look_sample",
                "is_published": True,
                "website_published": True,
            }
        )

    def tag(self, elder):
        self.authenticate(None, None)
        if elder:
            self.opener.cookies["yst_elder"] = "1"
        html = self.url_open("/look-sample").text
        self.assertIn("sample text", html)
        return re.search(r"<html[^>]*>", html)[0]

    def test_page_kept_ready_in_one_size_is_not_given_for_the_other(self):
        for elder in (False, True, False, True):
            self.assertEqual("yst_elder" in self.tag(elder), elder)

    def test_no_other_host_in_the_head(self):
        head = self.url_open("/look-sample").text.split("</head>")[0]
        self.assertNotIn("gstatic", head)
        self.assertNotIn("googleapis", head)
        self.assertNotIn('name="generator"', head)

    def test_fonts_are_those_of_the_device(self):
        html = self.url_open("/look-sample").text
        sheets = re.findall(r'href="(/web/assets/[^"]+\.css)"', html)
        self.assertTrue(sheets)
        for sheet in sheets:
            css = self.url_open(sheet).text
            self.assertNotRegex(css, r"@import\s+url\(.?https?:")
            self.assertNotIn("googleapis", css)

    def test_own_icon_in_the_tab(self):
        icon = self.url_open(self.website.image_url(self.website, "favicon")).content
        self.assertTrue(icon)
        self.assertNotEqual(icon, self.url_open("/web/static/img/favicon.ico").content)
