"""Pictures for docs/documents.md: drafter and registrar at their desks, the leader on a phone."""

FIRE = "关于开展冬季消防安全检查的通知"
FLOOD = "关于做好今冬明春防汛备汛工作的通知"


def take(shots):
    _drafter(shots)
    _leader(shots)
    _registrar(shots)
    _incoming(shots)


def _list(page, path, title=None):
    page.goto(path)
    page.wait_for_selector(".o_data_row")
    page.wait_for_timeout(1000)
    if title:
        page.locator(".o_data_row", has_text=title).first.click()
        page.wait_for_selector(".o_form_view")
        page.wait_for_timeout(1000)


def _drafter(shots):
    page = shots.open("desktop", "drafter")
    _list(page, "/odoo/documents-out")
    shots.save(page, "outgoing", "desktop")
    page.click(".o_list_button_add")
    page.wait_for_selector(".o_form_view")
    page.fill("[name=name] textarea", "关于开展全民义务植树活动的通知")
    page.fill("[name=main_to] input", "各村（社区）")
    shots.save(page, "draft", "desktop")
    page.click(".o_form_button_cancel")
    _list(page, "/odoo/documents-out", FIRE)
    page.locator(".o_notebook .nav-link", has_text="版本").click()
    shots.save(page, "versions", "desktop")


def _leader(shots):
    page = shots.open("phone", "leader")
    page.goto("/odoo/documents-desk")
    page.wait_for_selector(".o_yst_inbox_row")
    shots.save(page, "desk")
    page.locator(".o_yst_inbox_row", has_text=FIRE).first.click()
    page.wait_for_selector(".o_yst_document_reading")
    shots.save(page, "reading")
    page.click(".o_yst_approve")
    page.click(".o_yst_by_hand")
    page.wait_for_selector(".o_yst_pad canvas")
    box = page.locator(".o_yst_pad canvas").bounding_box()
    for stroke in STROKES:
        for number, (x, y) in enumerate(stroke):
            page.mouse.move(box["x"] + box["width"] * x, box["y"] + box["height"] * y, steps=6)
            if not number:
                page.mouse.down()
        page.mouse.up()
    shots.save(page, "pad")


#: 同意, roughly, in parts of the pad's width and height
STROKES = [
    [(0.15, 0.85), (0.15, 0.2), (0.42, 0.2), (0.42, 0.82), (0.37, 0.78)],
    [(0.22, 0.36), (0.36, 0.36)],
    [(0.23, 0.5), (0.23, 0.68), (0.34, 0.68), (0.34, 0.5), (0.23, 0.5)],
    [(0.7, 0.12), (0.72, 0.2)],
    [(0.58, 0.22), (0.86, 0.22)],
    [(0.65, 0.26), (0.67, 0.33)],
    [(0.79, 0.26), (0.76, 0.33)],
    [(0.54, 0.36), (0.9, 0.36)],
    [(0.62, 0.42), (0.62, 0.62), (0.82, 0.62), (0.82, 0.42), (0.62, 0.42)],
    [(0.62, 0.52), (0.82, 0.52)],
    [(0.57, 0.7), (0.55, 0.82)],
    [(0.65, 0.68), (0.66, 0.86), (0.84, 0.86), (0.85, 0.78)],
    [(0.74, 0.68), (0.75, 0.76)],
    [(0.86, 0.66), (0.9, 0.76)],
]


def _registrar(shots):
    page = shots.open("desktop", "registrar")
    page.goto("/odoo/documents-desk")
    page.wait_for_selector(".o_yst_inbox_row")
    page.locator(".o_yst_inbox_row").first.click()
    page.wait_for_selector(".o_yst_document_reading")
    shots.save(page, "work", "desktop")
    _list(page, "/odoo/documents-out", "岁末年初")
    page.locator("button[name=action_circulation]").first.click()
    page.wait_for_selector(".modal .o_yst_issue")
    page.locator(".modal .o_selection_badge").first.click()
    page.wait_for_timeout(1000)
    shots.save(page, "issue", "desktop")
    _list(page, "/odoo/documents-out", FLOOD)
    page.locator("button[name=action_items]").click()
    page.wait_for_selector(".o_notebook")
    page.locator(".o_notebook .nav-link", has_text="签收").or_(
        page.locator(".o_notebook .nav-link", has_text="阅读")
    ).first.click()
    page.wait_for_selector(".o_yst_matrix")
    shots.save(page, "matrix", "desktop")


def _incoming(shots):
    page = shots.open("desktop", "registrar")
    _list(page, "/odoo/documents-in")
    shots.save(page, "incoming", "desktop")
    _list(page, "/odoo/documents-in", "医保征缴")
    page.locator(".o_statusbar_buttons button", has_text="拟办").first.click()
    page.wait_for_selector(".modal [name=text] textarea")
    page.fill(".modal [name=text] textarea", "请领导阅示，建议由政务服务中心牵头办理。")
    shots.save(page, "proposal", "desktop")
