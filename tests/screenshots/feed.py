"""Pictures for docs/feed.md: the work feed on a phone, and its moderator at a desk."""

from common import Image, file_of, io, paper_photo

TEXT = "西大街人行道巡查：占道物品已清理，路面已清扫。"


def take(shots):
    _phone(shots)
    _desk(shots)


def _open(page, path="/odoo/work-feed", wait=".o_yst_circle_post"):
    page.goto(path)
    page.wait_for_selector(wait)
    page.wait_for_timeout(1500)


def _scene(colour):
    """A bright made-up picture with edges."""
    image = Image.new("RGB", (1400, 1050), "#dfe8ee")
    for x in range(0, 1400, 70):
        image.paste(colour, (x, 500 + x % 210, x + 44, 1050))
    image.paste("#8a8f94", (0, 900, 1400, 1050))
    data = io.BytesIO()
    image.save(data, "JPEG", quality=88)
    return data.getvalue()


def _phone(shots):
    page = shots.open("phone", "community")
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": 32.6904, "longitude": 109.0293})
    _open(page)
    shots.save(page, "phone")
    own = page.locator(".o_yst_circle_post", has_text="江堤步道巡查").first
    own.locator(".o_yst_circle_comment").click()
    page.wait_for_selector(".o_yst_circle_say")
    own.evaluate("post => post.scrollIntoView()")
    page.evaluate("document.querySelector('.o_yst_circle').scrollBy(0, -60)")
    shots.save(page, "phone-comments")
    own.locator(".o_yst_circle_thumb").first.click()
    page.wait_for_selector(".o_yst_photo_viewer")
    shots.save(page, "phone-photo")
    page.keyboard.press("Escape")
    page.wait_for_selector(".o_yst_photo_viewer", state="detached")
    page.click(".o_yst_circle_new")
    page.wait_for_selector(".o_yst_circle_compose")
    page.fill(".o_yst_circle_compose textarea", TEXT)
    page.set_input_files(".o_yst_circle_camera", file_of(_scene("#7d9c6d"), "IMG_1.jpg"))
    page.wait_for_selector(".o_yst_circle_thumb img[src*=evidence]")
    page.set_input_files(
        ".o_yst_circle_album", file_of(paper_photo("巡查记录", blurred=True), "IMG_2.jpg")
    )
    page.wait_for_selector(".o_yst_circle_problems")
    shots.save(page, "phone-new")
    page.locator(".o_yst_circle_throw").click()
    page.wait_for_selector(".o_yst_circle_compose", state="detached")
    page.click(".o_yst_circle_new")
    page.wait_for_selector(".o_yst_circle_compose")
    page.fill(".o_yst_circle_compose textarea", TEXT)
    page.context.set_offline(True)
    page.set_input_files(".o_yst_circle_album", file_of(_scene("#6d86a6"), "IMG_3.jpg"))
    page.wait_for_selector(".o_yst_circle_compose .alert-info")
    shots.save(page, "phone-offline")
    page.locator(".o_yst_circle_chosen .o_yst_circle_remove").click()
    page.context.set_offline(False)
    page.locator(".o_yst_circle_throw").click()
    hidden = shots.open("phone", "liaison")
    _open(hidden)
    hidden.locator(".o_yst_circle_hidden").first.evaluate("post => post.scrollIntoView()")
    shots.save(hidden, "phone-hidden")


def _desk(shots):
    page = shots.open("desktop", "notices")
    _open(page)
    page.locator(".o_yst_circle_menu").nth(1).click()
    page.wait_for_selector(".o-dropdown-item")
    shots.save(page, "desk", "desktop")
    _open(page, "/odoo/work-feed-moderation", ".o_data_row")
    shots.save(page, "moderation", "desktop")
    page.locator(".o_data_row", has_text="测试").first.locator("td[name=display_name]").click()
    page.wait_for_selector(".o_form_view .nav-link")
    page.locator(".nav-link", has_text="管理痕迹").click()
    shots.save(page, "trace", "desktop")
