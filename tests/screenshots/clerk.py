"""Pictures for docs/clerk.md: the window clerk of the sample data, at a desk and on a phone."""


def take(shots):
    _review(shots)
    _handling(shots)
    _visits(shots)
    _after(shots)
    _phone(shots)


def _open(page, action):
    page.goto(f"/odoo/action-yst_service.{action}")
    page.wait_for_selector(".o_view_controller")
    page.wait_for_timeout(1000)


def _row(page, text):
    page.locator(".o_data_row", has_text=text).first.locator("td.o_data_cell").first.click()
    page.wait_for_selector(".o_form_view")


def _header(page, text):
    page.locator(".o_statusbar_buttons button", has_text=text).first.click()


def _review(shots):
    """The inbox, an application looked at material by material, the notice of what is faulty."""
    page = shots.open("desktop", "clerk")
    _open(page, "action_case_inbox")
    shots.save(page, "inbox", "desktop")
    _row(page, "已提交")
    lines = page.locator(".o_yst_line")
    lines.nth(0).locator(".btn-success").click()
    page.wait_for_selector(".o_yst_line_accepted")
    shots.save(page, "review", "desktop")
    lines.nth(1).locator(".btn-outline-danger").click()
    page.locator(".o-dropdown--menu input").fill("右下角看不清")
    shots.save(page, "reject", "desktop")
    page.locator(".o-dropdown--menu .dropdown-item").first.click()
    page.wait_for_selector(".o_yst_line_rejected")
    page.click("button[name=action_accept_all_materials]")
    page.wait_for_selector("button[name=action_ask_correction]")
    page.click("button[name=action_ask_correction]")
    page.wait_for_selector(".modal")
    shots.save(page, "correction", "desktop")
    page.locator(".modal-footer .btn-secondary").first.click()


def _handling(shots):
    """An appointment kept: handled on site, the result written down."""
    page = shots.open("desktop", "clerk")
    _open(page, "action_case_inbox")
    _row(page, "已预约")
    shots.save(page, "appointed", "desktop")
    page.click("button[name=action_start_onsite]")
    page.wait_for_timeout(1000)
    _header(page, "办结")
    page.wait_for_selector(".modal textarea")
    shots.save(page, "complete", "desktop")


def _visits(shots):
    page = shots.open("desktop", "clerk")
    _open(page, "action_home_visit")
    _row(page, "已申请")
    _header(page, "安排")
    page.wait_for_selector(".modal .o_field_widget[name=cadre_ids]")
    for cadre in ("望江社区窗口人员", "街道领导"):
        page.locator(".modal .o_field_widget[name=cadre_ids] input").fill(cadre)
        page.locator(".o-autocomplete--dropdown-item", has_text=cadre).click()
        page.wait_for_timeout(600)
    page.locator(".modal .o_field_widget[name=slot_id] input").click()
    page.locator(".o-autocomplete--dropdown-item").first.click()
    shots.save(page, "visit", "desktop")


def _after(shots):
    """A bad rating and its follow-up, at the other community's window."""
    page = shots.open("desktop", "clerk2")
    _open(page, "action_follow_up")
    _row(page, "不满意")
    shots.save(page, "follow-up", "desktop")


def _phone(shots):
    page = shots.open("phone", "clerk")
    _open(page, "action_case_inbox")
    page.locator(".o_kanban_record:not(.o_kanban_ghost)").first.click()
    page.wait_for_selector(".o_yst_line")
    page.locator(".o_yst_materials").evaluate("part => part.scrollIntoView()")
    shots.save(page, "phone")
    page.goto("/odoo/action-yst_service.action_scan")
    page.wait_for_selector("text=识别照片")
    shots.save(page, "scan")
