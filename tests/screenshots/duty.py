"""Pictures for docs/duty.md: the duty desk on its computer, the community's cadre on a phone."""

from common import file_of, paper_photo

TASK = "流动摊贩占用人行道"


def take(shots):
    _desk(shots)
    _roster(shots)
    _phone(shots)
    _verify(shots)
    _report(shots)


def _open(page, path, wait=".o_view_controller, .o_form_view"):
    page.goto(path)
    page.wait_for_selector(wait)
    page.wait_for_timeout(1200)


def _card(page, text):
    page.locator(".o_kanban_record", has_text=text).first.click()
    page.wait_for_selector(".o_form_view")
    page.wait_for_timeout(800)


def _button(page, text):
    page.locator(".o_statusbar_buttons button", has_text=text).first.click()


def _desk(shots):
    """All open orders, several dispatched at once, one written down, one under supervision."""
    page = shots.open("desktop", "duty")
    _open(page, "/odoo/orders", ".o_kanban_record")
    shots.save(page, "desk", "desktop")
    page.click(".o_switch_view.o_list")
    page.wait_for_selector(".o_data_row")
    page.locator(".o_data_row", has_text="草稿").first.locator("input[type=checkbox]").click()
    page.wait_for_timeout(800)
    shots.save(page, "bulk", "desktop")
    _open(page, "/odoo/orders/new", ".o_form_view")
    page.fill("[name=name] input", "背街小巷路面破损")
    page.fill("[name=description] textarea", "路面有两处坑洞，请设警示牌并联系修补。")
    page.fill("[name=place] input", "文化路 12 号门前")
    shots.save(page, "new", "desktop")
    page.click(".o_form_button_cancel")
    _open(page, "/odoo/orders", ".o_kanban_record")
    _card(page, "楼顶搭建彩钢棚")
    shots.save(page, "returned", "desktop")
    _button(page, "改派")
    page.wait_for_selector(".modal textarea")
    shots.save(page, "redispatch", "desktop")
    _open(page, "/odoo/orders", ".o_kanban_record")
    _card(page, "督办：路灯连续多日不亮")
    shots.save(page, "supervised", "desktop")


def _roster(shots):
    page = shots.open("desktop", "duty")
    _open(page, "/odoo/duty-shifts", ".fc-event")
    shots.save(page, "roster", "desktop")


def _phone(shots):
    """From the list of orders to the feedback, with a blurred photo on the way."""
    page = shots.open("phone", "community")
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": 32.6904, "longitude": 109.0293})
    _open(page, "/odoo/my-orders", ".o_kanban_record")
    shots.save(page, "phone-orders")
    _card(page, TASK)
    shots.save(page, "phone-new")
    page.click(".o_yst_order_accept")
    page.wait_for_selector(".o_yst_order_bar .o_yst_order_photo")
    camera = page.locator(".o_yst_order_bar input[type=file]")
    camera.set_input_files(file_of(paper_photo("现场照片", blurred=True), "IMG_1.jpg"))
    page.wait_for_selector(".o_yst_order_evidence .alert")
    page.locator(".o_yst_order_evidence").evaluate("part => part.scrollIntoView({block: 'center'})")
    shots.save(page, "phone-again")
    camera.set_input_files(
        file_of(paper_photo("现场照片", ["摊贩已离开，人行道畅通"]), "IMG_2.jpg")
    )
    page.wait_for_selector(".o_yst_order_evidence:not(:has(.alert))")
    page.click(".o_yst_order_feedback")
    page.fill(".o_yst_order_sheet textarea", "已劝离摊贩，人行道恢复畅通，告知可到便民市场经营。")
    page.locator(".o_yst_order_evidence").evaluate("part => part.scrollIntoView({block: 'center'})")
    shots.save(page, "phone-feedback")
    page.click(".o_yst_order_report")
    page.wait_for_selector("body:not(:has(.o_yst_order_bar))")


def _verify(shots):
    page = shots.open("desktop", "duty")
    _open(page, "/odoo/orders", ".o_kanban_record")
    _card(page, TASK)
    shots.save(page, "verify", "desktop")


def _report(shots):
    """Today's report, new or as an earlier run has left it."""
    page = shots.open("desktop", "duty")
    _open(page, "/odoo/duty-reports")
    row = page.locator(".o_data_row")
    if row.count():
        row.first.locator("td.o_data_cell").first.click()
    else:
        page.click(".o_list_button_add")
        page.wait_for_selector(".o_form_view [name=notable] textarea")
        page.fill("[name=notable] textarea", "江堤步道 2 号口积水，夜间注意水位。")
        page.click(".o_form_button_save")
    page.wait_for_selector(".o_yst_figures")
    page.wait_for_timeout(800)
    shots.save(page, "report", "desktop")
