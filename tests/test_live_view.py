"""The live view across processes: camera, gateway, server and a browser that plays."""

import urllib.error
import urllib.request
from urllib.parse import urlsplit

import pytest
from bridges import Cameras, Site, an_odoo, needed, until

from tools import machine

pytestmark = [
    needed, pytest.mark.skipif(not machine.browser(), reason="no browser here"),
]
PASSWORD = "live-View-2026"
USERS = """
from datetime import timedelta
from odoo.addons.yst_video.models import yst_video_camera_live as live
env["ir.config_parameter"].set_param("yst_video.gateway_url", "http://{{host}}:{port}/{{code}}/whep")
area = env["yst.area"].search([("code", "=", "610999001000")])
def user(login, group):
    return env["res.users"].with_context(no_reset_password=True).create({{
        "name": login, "login": login, "password": {password!r}, "lang": "en_US",
        "group_ids": [(6, 0, env.ref(group).ids)], "jurisdiction_ids": [(6, 0, area.ids)],
    }})
operator, cadre = (
    user("live-operator", "yst_video.group_video_operator"),
    user("live-cadre", "yst_base.group_cadre"))
one, other = env["yst.video.camera"].search([("state", "=", "active")], order="gb_code", limit=2)
addresses = [one.with_user(operator)._live_address(), other.with_user(operator)._live_address(),
             one.with_user(cadre)._live_address()]
live.TICKET = timedelta(seconds=-1)
addresses.append(one.with_user(operator)._live_address())
env.cr.commit()
print("ADDRESSES", *addresses)
"""
# How often the picture has moved on, and the brightest and darkest of what it shows.
LOOK = """
async () => {
    const video = document.querySelector(".o_yst_live video");
    const before = video.currentTime;
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [64, 36];
    const context = canvas.getContext("2d");
    context.drawImage(video, 0, 0, 64, 36);
    const light = [...context.getImageData(0, 0, 64, 36).data].filter((_, n) => n % 4 === 1);
    return [video.currentTime - before, Math.min(...light), Math.max(...light)];
}
"""
OFFLINE = """
INSERT INTO yst_video_camera_health (camera_id, online, lease_until)
     SELECT id, %s, (now() AT TIME ZONE 'utc') + interval '1 hour' FROM yst_video_camera
      WHERE gb_code = %s
ON CONFLICT (camera_id) DO UPDATE SET online = excluded.online, lease_until = excluded.lease_until
"""


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """A server with two cameras, the gateway beside it, and addresses with tickets."""
    cameras = Cameras("crowd", "camera:first-Password")
    try:
        with an_odoo("live") as odoo:
            odoo.make(2, cameras.address, secret=True)
            port = machine.any_free_port()
            said = odoo.script(USERS.format(port=port, password=PASSWORD))
            words = next(line for line in said.splitlines() if line.startswith("ADDRESSES "))
            odoo.start()
            odoo.ready_by()
            site = Site(tmp_path_factory.mktemp("gateway"), odoo)
            site.run("-m", "video_bridge", "live-gateway", site.settings,
                     "--listen", f"127.0.0.1:{port}", "--origin", odoo.base,
                     "--ask", f"{odoo.base}/yst/video/live/check")
            try:
                addresses = words.split()[1:]
                # 404 until the gateway has heard of the cameras
                until(lambda: answer(addresses[0]) == 406, 60, "the gateway is not ready")
                yield odoo, cameras, addresses
            finally:
                site.end()
    finally:
        cameras.end()


def answer(address):
    """Status of the gateway's answer to an offer that nobody can fulfil: 406 is let in."""
    asked = urllib.request.Request(address.replace("localhost", "127.0.0.1"), b"v=0", method="POST",
                                   headers={"Content-Type": "application/sdp"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(asked, timeout=30) as reply:
            return reply.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def test_only_a_valid_ticket_of_an_operator_for_this_camera_opens_it(office):
    _odoo, _cameras, (one, other, of_cadre, expired) = office
    assert answer(one) == 406, "let in"
    bare = one.partition("?")[0]
    for address, what in (
        (bare, "no ticket"), (f"{bare}?ticket=", "an empty one"),
        (one[:-4] + "AAAA", "a forged one"),
        (f"{bare}?{urlsplit(other).query}", "that of another camera"),
        (of_cadre, "that of a user without the right"), (expired, "an expired one"),
    ):
        assert answer(address) == 403, what
    assert answer(other) == 406, "its own camera"


def test_an_operator_sees_the_camera_move_and_is_written_down(office):
    from playwright.sync_api import sync_playwright

    odoo, cameras, _addresses = office
    code = odoo.rows("SELECT gb_code FROM yst_video_camera WHERE state = 'active'"
                     " ORDER BY gb_code LIMIT 1")[0][0]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=machine.browser(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1366, "height": 900})
        page.set_default_timeout(60_000)
        log_in(page, odoo, "live-operator")
        page.goto(f"{odoo.base}/odoo/video-wall")
        page.click(".o_yst_purpose button[type=submit]")
        page.click(f".o_yst_tile:has-text('{name_of(odoo, code)}')")
        page.wait_for_selector(".o_yst_live[data-status=live]")
        moved, darkest, brightest = page.evaluate(LOOK)
        assert moved > 1, "the picture stands still"
        assert brightest - darkest > 60, "the picture shows nothing"
        assert cameras.tell("connects")["connections"] == 1
        looks = odoo.rows(
            "SELECT u.login, c.gb_code FROM yst_video_view_log l"
            "  JOIN res_users u ON u.id = l.user_id"
            "  JOIN yst_video_camera c ON c.id = l.camera_id WHERE l.what = 'live'")
        assert looks == [("live-operator", code)]

        page.click(".o_yst_wall_large_head button[aria-label=Close]")
        until(lambda: cameras.tell("connects")["connections"] == 0, 20, "the stream stays open")

        odoo.db.query(OFFLINE, (False, code), database=odoo.name)
        page.click(f".o_yst_tile:has-text('{name_of(odoo, code)}')")
        page.wait_for_selector(".o_yst_live[data-status=none] .alert:has-text('offline')")
        odoo.db.query(OFFLINE, (True, code), database=odoo.name)
        page.wait_for_selector(".o_yst_live[data-status=live]")  # by itself

        # a camera that sends what this browser cannot play: said at once, not a black picture
        page.click(".o_yst_wall_large_head button[aria-label=Close]")
        odoo.db.query("UPDATE yst_video_camera_health SET codec = 'hevc'", database=odoo.name)
        page.click(f".o_yst_tile:has-text('{name_of(odoo, code)}')")
        page.wait_for_selector(".o_yst_live[data-status=none] .alert:has-text('H.265')")
        browser.close()


def log_in(page, odoo, login):
    page.goto(f"{odoo.base}/web/login")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", PASSWORD)
    page.click(".oe_login_form button[type=submit]")
    page.wait_for_selector(".o_main_navbar")


def name_of(odoo, code):
    return odoo.rows("SELECT name FROM yst_video_camera WHERE gb_code = %s", (code,))[0][0]
