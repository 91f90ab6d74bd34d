"""Pictures for docs/notices.md: the office sends, the village reads on a phone."""

FIRE = "关于做好冬季防火工作的通知"
TABLE = "冬季用电安全排查统计"


def take(shots):
    _phone(shots)
    _send(shots)
    _follow(shots)
    _deputy(shots)


def _open(page, path, wait):
    page.goto(path)
    page.wait_for_selector(wait)
    page.wait_for_timeout(1200)


def _record(page, text):
    page.get_by_text(text, exact=True).first.click()
    page.wait_for_selector(".o_form_view")
    page.wait_for_timeout(1000)


def _phone(shots):
    """The liaison's inbox, one notice, to whom it is passed on, a table."""
    page = shots.open("phone", "liaison")
    _open(page, "/odoo/yst-inbox", ".o_yst_inbox_row")
    shots.save(page, "inbox")
    own = page.locator(".o_yst_inbox_row:not(:has(.text-bg-info))")
    own.filter(has_text=FIRE).first.tap()
    page.wait_for_selector(".o_yst_reading_foot")
    shots.save(page, "reading")
    page.locator(".o_yst_reading_foot .btn-outline-primary").tap()
    page.wait_for_selector(".modal .o_yst_people")
    shots.save(page, "pass-on")
    page.keyboard.press("Escape")
    _open(page, "/odoo/yst-inbox", ".o_yst_inbox_row")
    own.filter(has_text=TABLE).first.tap()
    page.wait_for_selector(".o_yst_answer")
    shots.save(page, "table")


def _send(shots):
    """A notice to the liaisons of all villages; it is looked at and left a draft."""
    page = shots.open("desktop", "sender")
    _open(page, "/odoo/yst-inbox", ".o_yst_inbox_row")
    page.locator(".o_yst_inbox_row").first.click()
    page.wait_for_selector(".o_yst_reading")
    shots.save(page, "split", "desktop")
    page.click(".o_yst_inbox_tools .btn-primary")
    page.wait_for_selector(".o_form_view [name=name] input, .o_form_view [name=name] textarea")
    page.fill("[name=name] input, [name=name] textarea", "关于开展冬季环境整治的通知")
    page.click(".nav-link[name=audience]")
    page.locator("[name=quick] .o_selection_badge").first.click()
    page.wait_for_selector("[name=audience_ids] .o_data_row")
    shots.save(page, "compose", "desktop")
    page.locator(".o_statusbar_buttons .btn-primary").first.click()
    page.wait_for_selector(".modal .o_yst_send_people")
    shots.save(page, "preview", "desktop")


def _follow(shots):
    """Who has got it, level by level; the answers to a table."""
    page = shots.open("desktop", "sender")
    _open(page, "/odoo/yst-sent", ".o_list_view")
    shots.save(page, "sent", "desktop")
    _record(page, FIRE)
    page.click(".nav-link[name=matrix]")
    page.locator(".o_yst_matrix .btn-link").first.click()
    page.wait_for_timeout(800)
    shots.save(page, "tree", "desktop")
    _open(page, "/odoo/yst-sent", ".o_list_view")
    _record(page, TABLE)
    page.click(".nav-link[name=answers]")
    shots.save(page, "answers", "desktop")


def _deputy(shots):
    page = shots.open("desktop", "sender")
    _open(page, "/odoo/action-yst_circulation.action_delegation/new", ".o_form_view")
    shots.save(page, "deputy", "desktop")
