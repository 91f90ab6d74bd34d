"""Pictures for docs/manager.md: managers, leader and the three administrators at a desk."""

ITEM = "WJ-01"


def take(shots):
    _catalogue(shots)
    _numbers(shots)
    _figures(shots)
    _organisation(shots)
    _accounts(shots)
    _audit(shots)


def _open(page, action):
    page.goto(f"/odoo/{action}")
    page.wait_for_selector(".o_control_panel")
    page.wait_for_selector(".o_list_view, .o_kanban_view, .o_pivot_view, .o_calendar_view")


def _all(page):
    """Takes off the filters and groups that the list opened with."""
    while page.locator(".o_facet_remove").count():
        page.locator(".o_facet_remove").first.click()
        page.wait_for_timeout(500)


def _row(page, text):
    page.locator(".o_data_row", has_text=text).first.locator("td.o_data_cell").nth(1).click()
    page.wait_for_selector(".o_form_view")


def _catalogue(shots):
    page = shots.open("desktop", "service")
    _open(page, "action-yst_service.yst_service_item_action")
    _all(page)
    _row(page, ITEM)
    shots.save(page, "item", "desktop")
    page.click("button[name=action_new_version]")
    page.wait_for_selector("button[name=action_publish]")
    page.fill("div[name=change_note] input", "办公时间调整")
    page.fill("div[name=hours] input", "周一至周五 09:00–17:00")
    page.click(".o_form_button_save")
    page.click("a[name=changes]")
    shots.save(page, "version", "desktop")
    _open(page, "action-yst_service.action_slot")
    page.get_by_role("button", name="批量排时段").click()
    page.wait_for_selector(".modal button[name=action_plan]")
    shots.save(page, "slots", "desktop")


def _numbers(shots):
    page = shots.open("desktop", "service")
    _open(page, "residents")
    _row(page, "居民甲")
    page.click("button.yst_reveal_identity")
    page.fill(".modal textarea", "核对申请人身份")
    shots.save(page, "reveal", "desktop")
    page.click(".modal-footer .btn-primary")
    page.wait_for_selector(".modal dl")


def _figures(shots):
    page = shots.open("desktop", "leader")
    _open(page, "action-yst_service.action_case_report")
    shots.save(page, "figures", "desktop")


def _organisation(shots):
    page = shots.open("desktop", "organisation")
    _open(page, "action-yst_base.action_yst_calendar_day")
    shots.save(page, "calendar", "desktop")
    _open(page, "action-yst_base.action_yst_area")
    page.get_by_role("button", name="导入文件").click()
    page.wait_for_selector(".modal button[name=action_import]")
    shots.save(page, "areas", "desktop")


def _accounts(shots):
    page = shots.open("desktop", "sysadmin")
    _open(page, "accounts")
    page.click(".o_list_button_add")
    page.wait_for_selector(".o_form_view")
    page.fill("div[name=name] input", "新同事（示例）")
    page.fill("div[name=login] input", "newcomer")
    shots.save(page, "account", "desktop")
    page = shots.open("desktop", "secadmin")
    _open(page, "accounts")
    _row(page, "望江社区窗口人员")
    shots.save(page, "rights", "desktop")


def _audit(shots):
    page = shots.open("desktop", "auditor")
    _open(page, "audit-log")
    page.click(".o_searchview_dropdown_toggler")
    page.get_by_role("menuitemcheckbox", name="不含登录").click()
    page.keyboard.press("Escape")
    shots.save(page, "audit", "desktop")
