from odoo.tests import HttpCase, new_test_user, tagged

MEASURE = """
(async () => {
    await document.fonts.ready;
    const least = %(least)s, touch = %(touch)s, wrong = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const text = walker.currentNode.data.trim(), element = walker.currentNode.parentElement;
        if (!text || !element.checkVisibility()) { continue; }
        const box = element.getBoundingClientRect();
        if (box.width < 2 || box.height < 2) { continue; }
        const size = parseFloat(getComputedStyle(element).fontSize);
        if (size < least) { wrong.push(`${size}px: ${text.slice(0, 30)}`); }
    }
    for (const element of document.querySelectorAll("button, a, input, select")) {
        const style = getComputedStyle(element), box = element.getBoundingClientRect();
        if (!element.checkVisibility() || box.width < 2 || box.height < 2) { continue; }
        if (["checkbox", "radio", "hidden"].includes(element.type)) { continue; }
        if (style.display !== "inline" && box.height < touch) {
            const name = element.textContent.trim().slice(0, 20) || element.className;
            wrong.push(`${element.tagName} ${name} is ${Math.round(box.height)}px high`);
        }
    }
    const page = document.documentElement;
    if (page.scrollWidth > page.clientWidth) {
        wrong.push(`page is ${page.scrollWidth}px wide on ${page.clientWidth}px`);
    }
    const foreign = performance.getEntriesByType("resource")
        .map((entry) => entry.name)
        .filter((name) => /^https?:/.test(name) && !name.startsWith(location.origin));
    wrong.push(...foreign.map((name) => `other host: ${name}`));
    if (wrong.length) { console.error("look: " + wrong.join(" | ")); }
    console.log("test successful");
})();
"""


@tagged("post_install", "-at_install")
class TestLookInBrowser(HttpCase):
    """A phone of 360 px: size of type, room for a finger, no scrolling sideways."""

    browser_size = "360x740"
    touch_enabled = True

    def measure(self, path, login=None, elder=False):
        cookies = {"yst_elder": "1"} if elder else None
        code = MEASURE % {"least": 22 if elder else 16, "touch": 43.5}
        self.browser_js(path, code, login=login, cookies=cookies)

    def test_login(self):
        self.measure("/web/login")

    def test_login_in_large_type(self):
        self.measure("/web/login", elder=True)

    def test_portal(self):
        new_test_user(self.env, "look_phone", "base.group_portal", name="居民（示例）")
        self.measure("/my", login="look_phone")

    def test_portal_in_large_type(self):
        new_test_user(self.env, "look_phone", "base.group_portal", name="居民（示例）")
        self.measure("/my", login="look_phone", elder=True)

    def test_switching_keeps_what_was_typed(self):
        """No page is loaded anew under a half filled form."""
        code = """
            const field = document.querySelector("input[name=login]");
            const link = document.querySelector(".yst_elder_toggle");
            const words = [link.textContent.trim()];
            field.closest("form").classList.remove("d-none");
            field.value = "half a name";
            window.stillHere = true;
            link.click();
            words.push(link.textContent.trim());
            const large = document.documentElement.classList.contains("yst_elder");
            const cookie = document.cookie.includes("yst_elder=1");
            link.click();
            const small = !document.documentElement.classList.contains("yst_elder");
            const gone = !document.cookie.includes("yst_elder=1");
            words.push(link.textContent.trim());
            const kept = window.stillHere && field.value === "half a name";
            if (!(large && cookie && small && gone && kept)) {
                console.error(`look: ${[large, cookie, small, gone, kept]}`);
            }
            if (words[0] !== words[2] || words[0] === words[1] || !words[1]) {
                console.error(`look: ${words}`);
            }
            console.log("test successful");
        """
        self.browser_js("/web/login", code, ready="document.readyState === 'complete'")
