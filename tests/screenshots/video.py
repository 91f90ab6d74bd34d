"""Pictures for docs/video.md: operator, manager and approver, at a desk and on a phone.

The cameras are those of the sample streams that `./yst run` serves and its bridge reads: start it
on a fresh database and wait two minutes, so that every kind of alert has come.
"""

from datetime import datetime, timedelta


def take(shots):
    _alerts(shots)
    _wall(shots)
    _figures(shots)
    _footage(shots)
    _phone(shots)


def _open(page, action):
    page.goto(f"/odoo/{action}")
    page.wait_for_selector(".o_view_controller, .o_yst_wall")
    page.wait_for_timeout(2500)


def _enter(page, field, text):
    page.locator(f".o_field_widget[name={field}] :is(input, textarea)").first.fill(text)


def _alerts(shots):
    page = shots.open("desktop", "duty")
    _open(page, "video-alerts")
    shots.save(page, "alerts", "desktop")
    page.locator(".o_kanban_record", has_text="人群聚集").first.click()
    page.wait_for_selector(".o_yst_alert_main svg")
    page.wait_for_timeout(1500)
    shots.save(page, "alert", "desktop")
    _clip(shots, page)
    page.goto("/odoo/action-yst_video.action_alert_judge")
    page.wait_for_selector(".o_yst_judge :is(.o_yst_alert_main, .o_yst_alert_no_picture)")
    while not page.locator(".o_yst_judge .o_yst_alert_main img").count():  # a camera is offline
        page.keyboard.press("l")
        page.wait_for_timeout(2500)
    page.wait_for_timeout(1500)
    page.keyboard.press("1")
    page.wait_for_selector(".o_yst_judge_false")
    page.wait_for_timeout(600)
    shots.save(page, "judge", "desktop")
    page.locator(".modal .btn-close").click()


def _clip(shots, page):
    """The clip of an alert while it plays; bridges send it half a minute after the alert."""
    _open(page, "video-alerts")
    page.locator(".o_kanban_record", has=page.locator(".o_yst_alert_has_clip")).first.click()
    page.click(".o_yst_clip_button")
    page.wait_for_function("document.querySelector('.o_yst_alert_clip video')?.currentTime > 1")
    page.locator(".o_yst_alert_clip video").scroll_into_view_if_needed()
    shots.save(page, "clip", "desktop")


def _wall(shots):
    page = shots.open("desktop", "duty")
    _open(page, "video-wall")
    shots.save(page, "purpose", "desktop")
    page.click(".o_yst_purpose button[type=submit]")
    page.wait_for_selector(".o_yst_tile[data-state=live] img")
    page.wait_for_timeout(4000)
    shots.save(page, "wall", "desktop")
    page.locator(".o_yst_tile[data-state=live]", has_text="路口1号").first.click()
    page.wait_for_selector(".o_yst_live[data-status=live]")
    page.wait_for_timeout(1500)
    shots.save(page, "large", "desktop")


def _figures(shots):
    page = shots.open("desktop", "duty")
    _open(page, "action-yst_video.action_alert_report")
    shots.save(page, "figures", "desktop")
    _open(page, "video-looks")
    shots.save(page, "looks", "desktop")


def _footage(shots):
    """A request registered by the operator, approved by somebody else, a picture blurred."""
    page = shots.open("desktop", "duty")
    _open(page, "video-footage/new")
    page.locator(".o_field_widget[name=way] label", has_text="复制").click()
    _enter(page, "unit", "北门派出所（示例）")
    _enter(page, "applicant_name", "办案民警（示例）")
    _enter(page, "document_number", "012345")
    _enter(page, "letter_ref", "示公调〔2026〕1号")
    cameras = page.locator(".o_field_widget[name=camera_ids] input")
    cameras.fill("北门社区路口1号")
    page.locator(".o-autocomplete--dropdown-item", has_text="路口1号").first.click()
    now = datetime.now()
    for field, moment in (("start", now - timedelta(days=3)), ("stop", now + timedelta(days=1))):
        _enter(page, field, moment.strftime("%Y/%m/%d %H:%M:%S"))
        page.keyboard.press("Escape")
    _enter(page, "reason", "查找走失老人")
    _enter(page, "content", "路口一带的行人，走失当天")
    page.click(".o_form_button_save")
    page.wait_for_timeout(1500)
    page.click("button[name=action_submit]")
    page.wait_for_timeout(1500)
    shots.save(page, "footage", "desktop")
    address = page.url
    approver = shots.open("desktop", "footage")
    approver.goto(address)
    approver.wait_for_selector(".o_form_view")
    approver.locator(".o_statusbar_buttons button", has_text="同意").first.click()
    approver.wait_for_selector(".modal .o_field_widget[name=note]")
    _enter(approver, "note", "同意调取，其他人员打码")
    shots.save(approver, "approve", "desktop")
    approver.click(".modal button[name=action_apply]")
    approver.wait_for_timeout(1500)
    page.reload()
    page.wait_for_selector(".o_yst_footage .btn-primary")
    page.click(".o_yst_footage .btn-primary")
    page.wait_for_selector(".o_yst_blur_frame img")
    page.wait_for_timeout(1500)
    frame = page.locator(".o_yst_blur_frame").bounding_box()
    page.mouse.move(frame["x"] + frame["width"] * 0.72, frame["y"] + frame["height"] * 0.2)
    page.mouse.down()
    page.mouse.move(frame["x"] + frame["width"] * 0.8, frame["y"] + frame["height"] * 0.34)
    page.mouse.up()
    page.wait_for_timeout(400)
    shots.save(page, "blur", "desktop")
    page.locator(".modal-footer .btn-primary").click()
    page.wait_for_selector(".modal-footer .text-success")
    page.locator(".modal-header .btn-close").click()
    _clip_blur(shots, page)
    page.wait_for_selector(".o_yst_footage_file")
    page.locator(".o_yst_footage").scroll_into_view_if_needed()
    page.wait_for_timeout(600)
    shots.save(page, "files", "desktop")


def _clip_blur(shots, page):
    page.locator(".o_yst_footage .btn", has_text="片段").first.click()
    page.wait_for_selector(".o_yst_blur_frame video")
    page.wait_for_function("document.querySelector('.o_yst_blur_frame video').readyState >= 2")
    frame = page.locator(".o_yst_blur_frame").bounding_box()
    page.mouse.move(frame["x"] + frame["width"] * 0.35, frame["y"] + frame["height"] * 0.25)
    page.mouse.down()
    page.mouse.move(frame["x"] + frame["width"] * 0.65, frame["y"] + frame["height"] * 0.8)
    page.mouse.up()
    page.wait_for_timeout(400)
    shots.save(page, "clip-blur", "desktop")
    page.locator(".modal-footer .btn-primary").click()
    page.wait_for_selector(".modal-footer .text-success")
    page.locator(".modal-header .btn-close").click()


def _phone(shots):
    page = shots.open("phone", "duty")
    _open(page, "video-alerts")
    page.locator(".o_kanban_record", has_text="人群聚集").first.click()
    page.wait_for_selector(".o_yst_judge_bar")
    page.wait_for_timeout(1500)
    shots.save(page, "phone")
    _open(page, "video-wall")
    page.click(".o_yst_purpose button[type=submit]")
    page.wait_for_selector(".o_yst_tile img")
    page.wait_for_timeout(4000)
    shots.save(page, "phone-wall")
    page.locator(".o_yst_tile[data-state=live]", has_text="小区东门1号").first.click()
    page.wait_for_selector(".o_yst_live[data-status=live]")
    page.wait_for_timeout(1500)
    while page.locator(".o_notification_close").count():  # an alert just now
        page.locator(".o_notification_close").first.click()
        page.wait_for_timeout(500)
    shots.save(page, "phone-live")
