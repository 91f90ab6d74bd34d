from odoo.tests import HttpCase, new_test_user, tagged

# waits until a check holds, then says so; a check that never holds ends in a timeout
WAIT = """
    const wait = async (what, check) => {
        for (let turn = 0; turn < 100; turn++) {
            const found = check();
            if (found) return found;
            await new Promise((resolve) => setTimeout(resolve, 100));
        }
        throw new Error("not seen: " + what);
    };
    const one = (selector, text) =>
        [...document.querySelectorAll(selector)].find((node) => node.innerText.includes(text));
"""


@tagged("post_install", "-at_install")
class TestCalendarViews(HttpCase):
    """The office calendar on the screen."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(
            cls.env,
            "calendar_views",
            "yst_base.group_organisation_manager",
            password="calendar_views",
        )
        days = cls.env["yst.calendar.day"]
        cls.year = days._today().year
        days.search([("year", "=", str(cls.year))]).unlink()

    def browse(self, code):
        action = self.env.ref("yst_base.action_yst_calendar_day")
        self.browser_js(
            f"/odoo/action-{action.id}",
            f"(async () => {{ {WAIT} {code} console.log('test successful'); }})()",
            "!!document.querySelector('.o_view_controller')",
            login="calendar_views",
        )

    def test_list_warns_and_the_button_loads_the_year(self):
        self.assertTrue(self.env["yst.calendar.day"].get_warning())
        self.browse(
            f"""
            await wait("warning", () => one(".yst_calendar_warning", "{self.year}"));
            const button = await wait(
                "button", () => document.querySelector("button[name=action_load_years]"));
            button.click();
            await wait("days", () => one(".o_data_row", "国庆节"));
            """
        )
        self.assertIn(self.year, self.env["yst.calendar.day"]._work_calendar().known_years)

    def test_calendar_shows_the_year_under_the_warning(self):
        self.env["yst.calendar.day"].create({"date": f"{self.year}-07-01", "name": "建党节"})
        self.browse(
            f"""
            (await wait("switch", () => document.querySelector("button.o_calendar"))).click();
            await wait("year", () => document.querySelector(".o_calendar_view .fc"));
            await wait("warning", () => one(".yst_calendar_warning", "{self.year}"));
            await wait("day", () => document.querySelector(".o_calendar_view .fc-event"));
            """
        )
