"""From the bridge's spool to the community's screen: how long until the order's notice is there.

One browser is logged in as the community's cadre. The bridge's own delivery (spool, uplink) hands
over one alert after the other; the page itself notes when a notice appears.
"""

import statistics
import subprocess
import time

from tools import bridge, console, machine, paths, stamps, video
from tools.bench import result
from tools.console import Trouble

ROUNDS, WARM_UP, PATIENCE = 20, 2, 20.0
WATCH = """
() => {
    window.yst_seen = [];
    new MutationObserver((changes) => {
        for (const change of changes) {
            for (const node of change.addedNodes) {
                if (node.nodeType === 1
                    && (node.matches('.o_notification')
                        || node.querySelector('.o_notification'))) {
                    window.yst_seen.push(Date.now() / 1000);
                }
            }
        }
    }).observe(document.body, {childList: true, subtree: true});
}
"""
CAMERAS = """
rules = env["yst.video.rule"].search([("kind", "=", "crowd"), ("dispatch", "=", "at_once")])
cameras = env["yst.video.camera"].search([("area_id.code", "=", "610902001001")])
rules = rules.filtered(lambda rule: rule.camera_id in cameras)
env["ir.config_parameter"].set_param("yst_video.correlation_minutes", "0")
print("PAIR", rules[:1].camera_id.id, rules[:1].id)
env.cr.commit()
"""


def measure(port, database, key, pair, login, password):
    """One result: seconds from an alert in the spool to its order on a second browser's screen."""
    from playwright.sync_api import sync_playwright

    settings = paths.RUN / f"bench-{port}.toml"
    state = paths.private_directory(paths.CACHE / f"bench-{port}")
    stamps.write_atomically(
        settings,
        video.SETTINGS.format(port=port, database=database, key=key, state=state,
                              listen=machine.any_free_port()),
        mode=0o600,
    )
    log = console.new_log("bench-feed")
    with open(log, "wb") as err:
        feed = subprocess.Popen(
            [paths.BRIDGE_PYTHON, paths.ROOT / "tools" / "benchmarks" / "_video_feed.py",
             settings],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=err, text=True,
            env=bridge.environment(),
        )
    try:
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=machine.browser(),
                                           args=["--no-sandbox"])
            page = browser.new_page(locale="zh-CN", viewport={"width": 390, "height": 844})
            page.goto(f"http://127.0.0.1:{port}/web/login")
            page.fill("input[name=login]", login)
            page.fill("input[name=password]", password)
            page.click("button[type=submit]")
            page.wait_for_selector(".o_main_navbar", timeout=60_000)
            page.wait_for_timeout(3000)  # the web socket subscribes
            page.evaluate(WATCH)
            took = [_once(feed, page, pair, log) for _ in range(WARM_UP + ROUNDS)][WARM_UP:]
            browser.close()
    finally:
        feed.stdin.close()
        try:
            feed.wait(10)
        except subprocess.TimeoutExpired:
            feed.kill()
            feed.wait(5)
    took.sort()
    p95 = took[min(len(took) - 1, int(len(took) * 0.95))]
    return result(
        "video.screen", len(took), p95, 2.0, unit="s p95 (peer: the target)", target=1.0,
        notes=f"alert on the bridge's disk → order's notice in the community's browser; p50 "
        f"{statistics.median(took):.2f} s, p95 {p95:.2f} s; one picture each",
    )


def _once(feed, page, pair, log):
    """Seconds from one alert to the next notice."""
    before = page.evaluate("() => window.yst_seen.length")
    feed.stdin.write(f"{pair[0]} {pair[1]}\n")
    feed.stdin.flush()
    begun = feed.stdout.readline()
    if not begun:
        raise Trouble(f"the bridge's delivery ended: {console.last_words(log)}", "see the log", log)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        seen = page.evaluate("(n) => window.yst_seen.slice(n)", before)
        if seen:
            page.wait_for_timeout(300)
            return seen[0] - float(begun)
        page.wait_for_timeout(20)
    raise Trouble(f"no notice within {PATIENCE:.0f} s of an alert", "see the logs", log)
