import re

from odoo.tests import HttpCase, new_test_user, tagged

# Addresses that are names and nothing that a browser fetches.
NAMESPACES = ("http://www.w3.org/", "https://www.w3.org/", "http://schema.org", "http://ogp.me")
# Attributes and functions by which a page makes the browser ask for something.
FETCHED = re.compile(
    r"""(?:\bsrc|\bsrcset|\bposter|<link[^>]*\shref|\baction)\s*=\s*["']?\s*((?:https?:)?//[^"'\s>]+)
    |url\(\s*["']?\s*((?:https?:)?//[^"')\s]+)|@import\s+["']\s*((?:https?:)?//[^"']+)""",
    re.IGNORECASE | re.VERBOSE,
)

# A link to the manual, beside the keys of programmers, is no advertisement.
BRAND = r"href=.https?://(?:www\.)?odoo\.com(?!/documentation)"


@tagged("post_install", "-at_install")
class TestLook(HttpCase):
    """All pages: no other host, the suite's name, large type where it was chosen."""

    PUBLIC = ("/web/login", "/", "/web/reset_password", "/web/signup")
    PORTAL = ("/my", "/my/home", "/my/account", "/my/security")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.resident = new_test_user(cls.env, "look_resident", "base.group_portal")
        cls.clerk = new_test_user(cls.env, "look_clerk", "base.group_user")

    def pages(self, **cookies):
        """(path, html) of every page outside the backend that this installation has."""
        for user, paths in ((None, self.PUBLIC), (self.resident, self.PORTAL)):
            self.authenticate(user and user.login, user and user.login)
            self.opener.cookies.update(cookies)
            for path in paths:
                answer = self.url_open(path)
                if answer.status_code == 200 and "<html" in answer.text:
                    yield path, answer.text

    def other_hosts(self, text):
        own = self.base_url().split("://")[1]
        found = ("".join(match) for match in FETCHED.findall(text))
        return {
            url
            for url in found
            if own not in url and not url.startswith(NAMESPACES) and "localhost" not in url
        }

    def test_searcher_finds_what_it_should(self):
        for text in (
            '<script src="https://x.example/a.js"/>',
            "<img src='//x.example/a.png'>",
            '<link rel="preconnect" href="https://fonts.example/" crossorigin="">',
            "a { background: url(https://x.example/a.png) }",
            '@import "https://x.example/css"',
            '@import url("https://x.example/css")',
        ):
            self.assertEqual(len(self.other_hosts(text)), 1, text)
        for text in (
            '<a href="https://x.example/">link</a>',
            '<svg xmlns="http://www.w3.org/2000/svg"/>',
            '<img src="/web/image/1"/>',
        ):
            self.assertFalse(self.other_hosts(text), text)

    def test_pages_ask_no_other_host(self):
        seen, sheets = set(), set()
        for path, html in self.pages():
            seen.add(path)
            self.assertFalse(self.other_hosts(html), path)
            sheets.update(re.findall(r'href="(/web/assets/[^"]+\.css)"', html))
        self.assertLessEqual({"/web/login", "/my"}, seen)
        self.assertTrue(sheets)
        for sheet in sheets:
            css = self.url_open(sheet).text
            self.assertNotIn("css_error_message", css, sheet)
            self.assertFalse(self.other_hosts(css), sheet)

    def test_backend_asks_no_other_host(self):
        self.authenticate("look_clerk", "look_clerk")
        html = self.url_open("/odoo").text
        self.assertFalse(self.other_hosts(html))
        sheets = re.findall(r'href="(/web/assets/[^"]+\.css)"', html)
        self.assertTrue(sheets)
        for sheet in sheets:
            css = self.url_open(sheet).text
            self.assertNotIn("css_error_message", css, sheet)
            self.assertFalse(self.other_hosts(css), sheet)
        self.assertIn("#1d5a94", html)
        self.assertNotIn("odoo-icon-ios", html)

    def test_paper_asks_no_other_host(self):
        bundle = self.env["ir.qweb"]._get_asset_bundle("web.report_assets_common", js=False)
        css = bundle.css().raw.decode()
        self.assertFalse(self.other_hosts(css))
        self.assertIn(".yst_pdf_page", css)

    def test_no_foreign_brand(self):
        # the footer of the other pages is cleared by addons that come with the whole suite
        whole = "portal_debranding" in self.env.registry._init_modules
        for path, html in self.pages():
            self.assertNotIn("/web/database/manager", html, path)
            if whole or path == "/web/login":
                self.assertNotIn("Powered by", html, path)
                self.assertNotRegex(html, BRAND, path)

    def test_language_and_size_are_told_by_the_server(self):
        for path, html in self.pages():
            tag = re.search(r"<html[^>]*>", html)[0]
            self.assertRegex(tag, r'lang="[a-z]{2}-?\w*"', path)
            self.assertNotIn("yst_elder", tag, path)
            self.assertIn('href="/yst/elder/on"', html, path)
            self.assertIn('name="viewport"', html, path)
            self.assertNotIn("user-scalable=no", html, path)

    def test_large_type_on_every_page(self):
        for path, html in self.pages(yst_elder="1"):
            tag = re.search(r"<html[^>]*>", html)[0]
            self.assertRegex(tag, r'class="[^"]*\byst_elder\b', path)
            self.assertIn('href="/yst/elder/off"', html, path)

    def test_other_values_of_the_cookie_mean_nothing(self):
        for value in ("0", "2", "yst_elder", '"><script>'):
            self.opener.cookies["yst_elder"] = value
            html = self.url_open("/web/login").text
            self.assertNotIn("yst_elder", re.search(r"<html[^>]*>", html)[0])
            self.assertNotIn("<script>alert", html)

    def test_switching_goes_back_to_the_page(self):
        page = f"{self.base_url()}/web/login?redirect=/my"
        answer = self.url_open(
            "/yst/elder/on", headers={"Referer": page}, allow_redirects=False
        )
        self.assertEqual(answer.status_code, 303)
        self.assertTrue(answer.headers["Location"].endswith("/web/login?redirect=/my"))
        self.assertIn("yst_elder=1", answer.headers["Set-Cookie"])
        self.assertIn("SameSite=Lax", answer.headers["Set-Cookie"])
        self.assertIn("no-store", answer.headers["Cache-Control"])
        self.opener.cookies["yst_elder"] = "1"
        answer = self.url_open("/yst/elder/off", allow_redirects=False)
        self.assertRegex(answer.headers["Set-Cookie"], r"yst_elder=;.*Max-Age=0")

    def test_switching_does_not_lead_elsewhere(self):
        for referer in (
            "https://evil.example/",
            "//evil.example/",
            f"{self.base_url()}//evil.example/",
            "javascript:alert(1)",
            f"{self.base_url()}/yst/elder/on",
            "",
        ):
            answer = self.url_open(
                "/yst/elder/on", headers={"Referer": referer}, allow_redirects=False
            )
            target = answer.headers["Location"].removeprefix(self.base_url())
            self.assertTrue(target.startswith("/"), referer)
            self.assertFalse(target.startswith("//"), (referer, target))
            self.assertNotIn("javascript", target)

    def test_what_the_system_did_itself_is_signed_in_chinese(self):
        system = self.env.ref("base.partner_root")
        self.assertEqual(system.name, "系统")
        self.assertFalse(system.image_1920)
