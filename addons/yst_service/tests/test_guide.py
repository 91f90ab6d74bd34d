import base64
import io
import re

import pypdf
from lxml import html
from PIL import Image

from odoo.tests import HttpCase, tagged

from odoo.addons.yst_base import qr

A4 = (595.3, 841.9)


def picture(kind="PNG"):
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "white").save(out, kind)
    return base64.b64encode(out.getvalue())


class GuideCase(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.items = cls.env["yst.service.item"]
        cls.item = cls.items.search([("code", "=", "SB-01")])
        cls.version = cls.item.current_version_id

    def page(self, url, status=200):
        response = self.url_open(url, allow_redirects=False)
        self.assertEqual(response.status_code, status, url)
        return html.fromstring(response.content)

    def text(self, page, path=".//*[@id='wrap']"):
        return " ".join(" ".join(page.find(path).itertext()).split())

    def new_version(self, **values):
        self.item.action_new_version()
        draft = self.item.draft_version_id
        draft.write(values)
        return draft


@tagged("post_install", "-at_install")
class TestGuide(GuideCase):
    def test_the_pages_need_no_login_and_ask_no_other_host(self):
        for url in (
            "/",
            "/services",
            "/services?q=dibao",
            "/services?category=MZ",
            "/services/page/2",
            "/services/SB-01",
            "/services/SB-01/version/1",
            "/services/SB-01/print",
        ):
            with self.subTest(url):
                page = self.page(url)
                base = self.base_url()
                for node in page.iter("link", "script", "img", "iframe", "form"):
                    rel = node.get("rel", "")
                    address = node.get("src") or node.get("action") or node.get("href") or ""
                    if address.startswith(("http:", "https:", "//")) and rel != "canonical":
                        self.assertTrue(address.startswith(base), address)

    def test_the_start_page_is_the_offices_own(self):
        page = self.page("/")
        wrap = page.find(".//*[@id='wrap']")
        self.assertTrue(wrap.xpath(".//form[@action='/services'][@method='get']//input[@name='q']"))
        links = wrap.xpath(".//a/@href")
        for code in ("SB", "MZ", "JZ", "WJ"):
            self.assertIn(f"/services?category={code}", links)
        for event in self.env["yst.life.event"].search([]):
            self.assertIn(f"/services?event={event.id}", links)
        for item in self.items._popular(8):
            self.assertIn(f"/services/{item.code}", links)
        everything = html.tostring(page, encoding="unicode")
        for sample in ("yourcompany", "555-555", "My Website", "Company name", "/contactus"):
            self.assertNotIn(sample, everything)

    def test_the_start_page_shows_my_applications_to_me_alone(self):
        residents = {}
        for login in ("guide_resident_a", "guide_resident_b"):
            residents[login] = self.env["res.users"].create(
                {
                    "name": "居民（示例）",
                    "login": login,
                    "password": login,
                    "group_ids": [(6, 0, self.env.ref("base.group_portal").ids)],
                }
            )
        partner = residents["guide_resident_a"].partner_id
        case = self.env["yst.service.case"]._draft_for(partner, self.item)
        path = "//section[@aria-labelledby='yst_home_cases']"
        self.assertFalse(self.page("/").xpath(path), "nobody is logged in")
        self.authenticate("guide_resident_a", "guide_resident_a")
        [mine] = self.page("/").xpath(path)
        self.assertIn(self.item.name, " ".join(mine.itertext()))
        self.assertIn(case.access_url, mine.xpath(".//a/@href"))
        self.authenticate("guide_resident_b", "guide_resident_b")
        [theirs] = self.page("/").xpath(path)
        self.assertNotIn(self.item.name, " ".join(theirs.itertext()))

    def test_another_home_page_of_the_office_is_respected(self):
        self.env["website"].get_current_website().homepage_url = "/services"
        self.assertTrue(self.page("/").xpath("//*[contains(@class, 'yst_services')]"))

    def test_the_guide_tells_all_that_the_standard_asks(self):
        page = self.page("/services/SB-01")
        text = self.text(page)
        version = self.version
        told = [
            version.name,
            version.audience,
            version.fee,
            version.result,
            version.legal_basis,
            "SB-01",
            *version.conditions.splitlines(),
            *version.steps.splitlines(),
            *version.material_ids.mapped("name"),
            *[note for note in version.material_ids.mapped("note") if note],
            *[value for value in version._contact().values() if value],
        ]
        for words in told:
            self.assertIn(words, text)
        self.assertRegex(text, rf"\b{version.promised_limit} *(working days|个工作日)")
        self.assertRegex(text, rf"\b{version.legal_limit} *(working days|个工作日)")
        self.assertEqual(len(page.xpath("//table[hasclass('yst_materials')]/tbody/tr")), 4)
        self.assertFalse(page.xpath("//a[starts-with(@href, 'tel:')]"), "no number is invented")

    def test_phones_are_shown_once_the_office_has_set_them(self):
        self.env["ir.config_parameter"].set_param("yst_service.phone_advice", "0915-3212345")
        links = self.page("/services/SB-01").xpath("//*[@id='wrap']//a/@href")
        self.assertIn("tel:0915-3212345", links)

    def test_applying_starts_where_it_is_possible_online(self):
        for code, online in (("SB-01", True), ("WJ-12", True), ("MZ-16", False), ("WJ-16", False)):
            with self.subTest(code):
                page = self.page(f"/services/{code}")
                links = page.xpath("//*[@id='wrap']//a/@href")
                self.assertEqual(f"/my/apply/{code}" in links, online)
                self.assertEqual(bool(page.find_class("yst_where")), not online)
                if not online:
                    place = self.env["website"]._yst_contact()["place"]
                    where = " ".join(page.find_class("yst_where")[0].itertext())
                    self.assertIn(place, where)

    def test_unknown_codes_get_a_page_that_helps(self):
        for url in (
            "/services/XX-99",
            "/services/SB-999",
            "/services/%3Cscript%3E",
            "/services/SB-01/version/99",
            "/services/XX-99/print",
            "/services/SB-01/print?version=99",
        ):
            with self.subTest(url):
                page = self.page(url, 404)
                self.assertTrue(page.xpath("//form[@action='/services']"))
                self.assertTrue(page.xpath("//a[starts-with(@href, '/services/')]"))
                self.assertFalse(page.xpath("//*[@id='wrap']//script"))
        for url in (
            "/services/XX-99/qr.png",
            "/services/SB-01/form/0",
            f"/services/MZ-01/form/{self.version.material_ids[0].id}",
            f"/services/SB-01/form/{self.version.material_ids[1].id}",
            f"/services/SB-01/sample/{self.version.material_ids[0].id}",
        ):
            with self.subTest(url):
                self.assertEqual(self.url_open(url).status_code, 404)

    def test_the_page_for_unknown_codes_speaks_chinese(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        response = self.url_open("/services/XX-99", headers={"Accept-Language": "zh-CN"})
        self.assertEqual(response.status_code, 404)
        page = html.fromstring(response.content)
        self.assertEqual(page.get("lang"), "zh-CN")
        text = self.text(page)
        self.assertIn("没有这个事项", text)
        self.assertNotRegex(text, r"\b(There|Search for|service)\b")

    def test_codes_are_found_whatever_their_case(self):
        response = self.url_open("/services/sb-01", allow_redirects=False)
        self.assertEqual(response.status_code, 301)
        self.assertTrue(response.headers["Location"].endswith("/services/SB-01"))

    def test_drafts_and_archived_items_stay_hidden(self):
        draft = self.new_version(name="还没有发布的名称")
        self.page(f"/services/SB-01/version/{draft.number}", 404)
        url = f"/services/SB-01/form/{draft.material_ids[0].id}"
        self.assertEqual(self.url_open(url).status_code, 404)
        self.assertNotIn("还没有发布", self.text(self.page("/services/SB-01")))
        self.item.active = False
        self.page("/services/SB-01", 404)

    def test_earlier_versions_stay_readable_and_say_so(self):
        self.new_version(fee="另有收费").action_publish()
        now, before = self.page("/services/SB-01"), self.page("/services/SB-01/version/1")
        self.assertIn("另有收费", self.text(now))
        self.assertNotIn("另有收费", self.text(before))
        self.assertIn("/services/SB-01", before.xpath("//div[@role='alert']//a/@href"))
        self.assertNotIn("/my/apply/SB-01", before.xpath("//*[@id='wrap']//a/@href"))

    def test_the_qr_code_opens_the_guide(self):
        response = self.url_open("/services/SB-01/qr.png")
        self.assertEqual(response.headers["Content-Type"], "image/png")
        base = self.env["website"].get_current_website().get_base_url()
        self.assertEqual(qr.read(response.content), [f"{base.rstrip('/')}/services/SB-01"])
        self.assertRegex(qr.read(response.content)[0], r"^https?://[^/]+/services/SB-01$")

    def test_the_print_page_carries_the_guide_alone(self):
        page = self.page("/services/JZ-01/print")
        self.assertFalse(page.xpath("//header[@id='top'] | //footer[@id='bottom'] | //nav"))
        [sheet] = page.xpath("//link[@rel='stylesheet']/@href")
        css = self.url_open(sheet).text
        self.assertRegex(css, r"@page\s*{\s*size: A4")
        self.assertRegex(css, r"@media print[\s\S]*\.toolbar\s*{\s*display: none")
        text = self.text(page, ".//main")
        item = self.items.search([("code", "=", "JZ-01")])
        for words in (item.name, *item.current_version_id.material_ids.mapped("name")):
            self.assertIn(words, text)
        self.assertRegex(text, r"https?://\S+/services/JZ-01")

    def test_scripts_in_what_residents_type_stay_text(self):
        attack = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E%3Cimg src=x onerror=alert(1)%3E"
        for url in (
            f"/services?q={attack}",
            f"/services?q=低保{attack}&category={attack}&event={attack}",
            f"/services?category=MZ&event={attack}",
        ):
            with self.subTest(url):
                response = self.url_open(url)
                self.assertEqual(response.status_code, 200)
                wrap = html.fromstring(response.content).find(".//*[@id='wrap']")
                self.assertFalse(wrap.xpath(".//script | .//*[@onerror] | .//img[@src='x']"))
        [box] = html.fromstring(self.url_open(f"/services?q={attack}").content).xpath(
            "//*[@id='yst_search_q']"
        )
        self.assertIn("<script>alert(1)</script>", box.get("value"))

    def test_scripts_in_the_catalogue_stay_text(self):
        attack = "<script>alert(1)</script>"
        draft = self.new_version(
            name=attack, audience=attack, steps=attack, fee=attack, place=attack,
            phone_advice='"><script>alert(1)</script>', conditions=attack,
        )
        draft.material_ids[0].write({"name": attack, "note": attack})
        draft.action_publish()
        for url in ("/services/SB-01", "/services/SB-01/print", "/services?q=SB-01"):
            body = self.page(url).find(".//body")
            for script in body.iter("script"):
                self.assertNotIn("alert(1)", script.text or "")

    def test_searching_works_without_scripts(self):
        page = self.page("/services?q=gzf")
        links = page.xpath("//a[hasclass('yst_item')]/@href")
        self.assertEqual(links[0], "/services/JZ-10")
        self.assertEqual(page.get_element_by_id("yst_search_q").value, "gzf")
        nothing = self.page("/services?q=zzzzzz")
        self.assertTrue(nothing.find_class("yst_empty"))
        self.assertTrue(nothing.xpath("//a[hasclass('yst_item')]"), "others are offered")

    def test_suggestions_come_as_one_types(self):
        def suggest(query):
            return self.make_jsonrpc_request("/services/suggest", {"q": query})

        found = suggest("gzf")
        self.assertEqual(found[0]["url"], "/services/JZ-10")
        self.assertEqual(set(found[0]), {"name", "url", "category"})
        self.assertLessEqual(len(suggest("补贴")), 8)
        for nothing in ("<zzqx>", "zzzzzz", None, 7, ["低保"], {"a": 1}, "'" * 10_000):
            self.assertEqual(suggest(nothing), [])

    def test_pages_of_the_list_hold_every_item_once(self):
        codes = []
        for number in (1, 2, 3):
            page = self.page(f"/services/page/{number}")
            links = page.xpath("//a[hasclass('yst_item')]/@href")
            codes += [href.rpartition("/")[2] for href in links]
        published = self.items.search([("published", "=", True)])
        self.assertEqual(sorted(codes), sorted(published.mapped("code")))

    def test_the_sitemap_names_the_guides(self):
        found = self.url_open("/sitemap.xml").text
        for code in ("SB-01", "WJ-16"):
            self.assertIn(f"/services/{code}<", found)
        self.assertNotIn("/print", found)


@tagged("post_install", "-at_install")
class TestGuideFiles(GuideCase):
    def form(self, code, name):
        item = self.items.search([("code", "=", code)])
        material = item.current_version_id.material_ids.filtered(lambda one: one.name == name)
        return self.url_open(f"/services/{code}/form/{material.id}"), material

    def test_a_blank_form_is_an_a4_paper_to_fill_in(self):
        response, material = self.form("SB-01", "城乡居民基本养老保险参保登记表")
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.headers["Content-Type"], "application/pdf")
        self.assertEqual(response.headers["X-Content-Type-Options"], "nosniff")
        self.assertIn("attachment", response.headers["Content-Disposition"])
        reader = pypdf.PdfReader(io.BytesIO(response.content))
        for page in reader.pages:
            self.assertAlmostEqual(float(page.mediabox.width), A4[0], delta=1)
            self.assertAlmostEqual(float(page.mediabox.height), A4[1], delta=1)
        self.assertLessEqual(len(reader.pages), 2)
        text = re.sub(r"\s", "", "".join(page.extract_text() for page in reader.pages))
        for words in (material.name, "SB-01", "选择的年缴费档次", "□低保对象", "/services/SB-01"):
            self.assertIn(re.sub(r"\s", "", words), text)

    def test_a_form_of_paragraphs_and_tables_prints_both(self):
        response, _material = self.form("JZ-01", "家庭经济状况核对授权书")
        reader = pypdf.PdfReader(io.BytesIO(response.content))
        text = re.sub(r"\s", "", "".join(page.extract_text() for page in reader.pages))
        self.assertIn("银行存款、有价证券、商业保险等金融资产", text)
        self.assertIn("与申请人关系", text)

    def test_a_generated_form_is_made_once_for_one_content(self):
        _response, material = self.form("SB-01", "城乡居民基本养老保险参保登记表")
        kept = self.env["ir.attachment"].search(
            [("res_model", "=", material._name), ("res_id", "=", material.id),
             ("res_field", "=", False)]
        )
        self.assertRegex(kept.name, rf"^form-{material.id}-[0-9a-f]{{16}}\.pdf$")
        self.form("SB-01", "城乡居民基本养老保险参保登记表")
        self.assertEqual(
            self.env["ir.attachment"].search_count(
                [("res_model", "=", material._name), ("res_id", "=", material.id),
                 ("res_field", "=", False)]
            ),
            1,
        )
        name = material._form_cache_name()
        self.env["website"].get_current_website().name = "另一个名称"
        self.assertNotEqual(material._form_cache_name(), name, "it says who hands it out")

    def test_the_offices_own_form_goes_first(self):
        draft = self.new_version()
        material = draft.material_ids[0]
        material.template_file = base64.b64encode(b"PK\x03\x04own form")
        draft.action_publish()
        response = self.url_open(f"/services/SB-01/form/{material.id}")
        self.assertEqual(response.content, b"PK\x03\x04own form")
        self.assertIn(".docx", response.headers["Content-Disposition"])
        self.assertIn("attachment", response.headers["Content-Disposition"])

    def test_a_sample_picture_is_shown_when_there_is_one(self):
        material = self.version.material_ids[1]
        url = f"/services/SB-01/sample/{material.id}"
        self.assertNotIn(url, self.page("/services/SB-01").xpath("//img/@src"))
        material.sample_image = picture()
        self.assertIn(url, self.page("/services/SB-01").xpath("//img/@src"))
        response = self.url_open(url)
        self.assertEqual(response.headers["Content-Type"], "image/png")
        self.assertEqual(response.headers["X-Content-Type-Options"], "nosniff")
        Image.open(io.BytesIO(response.content)).verify()


@tagged("post_install", "-at_install")
class TestGuideQueries(GuideCase):
    def queries(self, url):
        """SQL statements of one request to a page that is warm."""
        for _round in range(2):
            self.assertEqual(self.url_open(url).status_code, 200)
        profiler = self.profile(collectors=["sql"], db=False)
        with profiler:
            self.url_open(url)
        [request] = profiler._profiler__.sub_profilers
        return [entry["full_query"] for entry in request.collectors[0].entries]

    def grow(self):
        categories = self.env["yst.service.category"].search([])
        items = self.items.with_context(tracking_disable=True).create(
            [
                {
                    "code": f"{categories[n % 4].code}-{n + 100}",
                    "category_id": categories[n % 4].id,
                    "version_ids": [(0, 0, {"name": f"另一件事{n}", "audience": "居民"})],
                }
                for n in range(567)
            ]
        )
        items.version_ids._publish()
        materials = self.env["yst.service.material"].with_context(tracking_disable=True)
        draft = self.new_version()
        materials.create(
            [{"version_id": draft.id, "name": f"材料{n}", "form": "copy"} for n in range(40)]
        )
        draft._publish()

    def test_pages_ask_the_same_number_of_queries_at_ten_times_the_size(self):
        urls = ("/", "/services", "/services?q=补贴", "/services?category=MZ", "/services/SB-01")
        few = {url: len(self.queries(url)) for url in urls}
        self.grow()
        many = {url: len(self.queries(url)) for url in urls}
        for url in urls:
            with self.subTest(url):
                self.assertLessEqual(many[url], few[url], f"{few[url]} → {many[url]}")
                self.assertLess(few[url], 40)


@tagged("post_install", "-at_install")
class TestSearchBox(GuideCase):
    browser_size = "390x844"
    touch_enabled = True

    def test_the_search_box_shows_suggestions_as_text(self):
        self.new_version(name="<img src=x onerror=alert(1)>低保样本").action_publish()
        self.browser_js(
            "/",
            """
            const box = document.querySelector(".yst_search");
            const input = box.querySelector("input[type=search]");
            const press = (key) => input.dispatchEvent(
                new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
            let asked = 0;
            const look = () => {
                const links = [...box.querySelectorAll(".yst_search_list a")];
                const urls = links.map((link) => link.getAttribute("href"));
                if (!urls.length) {
                    if (asked++ % 10 === 0) {
                        input.focus();
                        input.value = "dibao";
                        input.dispatchEvent(new Event("input", { bubbles: true }));
                    }
                    return setTimeout(look, 100);
                }
                if (box.querySelector("img") || !box.textContent.includes("<img src=x")) {
                    return console.error("a name was not shown as text");
                }
                if (!urls.includes("/services/JZ-01") || !urls.includes("/services/SB-01")) {
                    return console.error("not what was asked for: " + urls);
                }
                press("ArrowDown");
                if (!links[0].classList.contains("active")) {
                    return console.error("the arrow key chose nothing");
                }
                press("Escape");
                if (box.querySelector(".yst_search_list a")) {
                    return console.error("the list did not close");
                }
                if (document.documentElement.scrollWidth > 390) {
                    return console.error("wider than the phone");
                }
                console.log("test successful");
            };
            look();
            """,
        )
