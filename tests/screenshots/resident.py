"""Pictures of what a resident sees on a phone (docs/resident.md).

The sample resident applies with sample papers; the sample clerk asks for a correction and accepts
over the back office's own interface. Run it on sample data only: it leaves an application there.
"""

from common import file_of, paper_photo

ITEM, NAME = "MZ-02", "老年人优待证办理"
CHINESE = {"lang": "zh_CN", "tz": "Asia/Shanghai"}
CASE, LINE = "yst.service.case", "yst.service.case.line"
NEXT = "form.yst_apply_form button[type=submit]"


def take(shots):
    guest = shots.open("phone")
    guest.goto("/")
    shots.save(guest, "home")
    guest.goto("/services?q=dibao")
    shots.save(guest, "search")
    guest.goto(f"/services/{ITEM}")
    shots.save(guest, "guide")
    guest.goto("/web/signup")
    shots.save(guest, "signup")

    page = shots.open("phone", "resident")
    case = apply(shots, page)
    clerk = shots.open("desktop", "clerk")
    correct(shots, page, clerk, case)

    elder = shots.open("phone", "resident", elder=True)
    elder.goto("/")
    shots.save(elder, "elder")


def apply(shots, page):
    """Fills in, photographs and hands in; the id of the application."""
    page.goto(f"/my/apply/{ITEM}")
    page.goto(page.url.rsplit("/", 1)[0] + "/who")
    page.check("input[name=on_behalf][value='0']")
    go_on(page, "details")
    if not page.input_value("[name=area_id]"):
        page.select_option("[name=area_id]", label="北门社区")
    go_on(page, "materials")
    for number in range(page.locator("section.yst_material").count()):
        add_photo(page, number, file_of(paper_photo("样例材料")))
        if not number:
            add_photo(page, number, file_of(paper_photo("样例材料", blurred=True)))
            show(page, ".yst_material")
            shots.save(page, "photos")
            page.locator(".yst_doubtful form[action$='/remove'] button").click()
            page.wait_for_selector(".yst_doubtful", state="detached")
    go_on(page, "check")
    page.check("[name=declared]")
    page.click(NEXT)
    page.wait_for_url("**/receipt")
    shots.save(page, "receipt")
    return int(page.url.split("/")[-2])


def correct(shots, page, clerk, case):
    """Asked to correct one material, the resident does, is accepted, books a time."""
    lines = call(clerk, LINE, "search", [["case_id", "=", case], ["state", "=", "uploaded"]])
    reason = call(clerk, "yst.service.reason", "search", [["code", "=", "M02"]])[0]
    call(clerk, LINE, "action_reject_material", lines[:1], reason, "右下角没有拍到")
    call(clerk, LINE, "action_accept_material", lines[1:])
    call(clerk, CASE, "action_ask_correction", [case])
    page.goto(f"/my/cases/{case}")
    shots.save(page, "correction")
    page.goto(f"/my/cases/{case}/correct")
    add_photo(page, 0, file_of(paper_photo("样例材料（重拍）")))
    page.click(NEXT)
    page.wait_for_url(f"**/my/cases/{case}")
    call(clerk, LINE, "action_accept_material", lines[:1])
    call(clerk, CASE, "action_accept", [case])
    page.goto(f"/my/cases/{case}/slots")
    page.locator("input[name=slot]").first.check()
    shots.save(page, "appointment")
    page.click(NEXT)
    page.wait_for_url(f"**/my/cases/{case}")
    call(clerk, CASE, "action_start_onsite", [case])
    call(clerk, CASE, "action_complete", [case], "优待证已制好，可到窗口领取。")
    page.goto(f"/my/cases/{case}")
    shots.save(page, "rating")


def go_on(page, step):
    page.click(NEXT)
    page.wait_for_url(f"**/{step}")


def add_photo(page, number, file):
    """Chooses a photo for one material and waits until the server has taken it."""
    section = page.locator("section.yst_material").nth(number)
    taken = section.locator(".yst_photos > li:not(.yst_sending)")
    before = taken.count()
    section.locator(".yst_pick input[type=file]").nth(1).set_input_files(file)
    taken.nth(before).wait_for()


def show(page, selector):
    page.locator(selector).first.evaluate("el => window.scrollTo(0, el.offsetTop - 20)")


def call(page, model, method, *args):
    """What a button of the back office does, as the user of that page."""
    answer = page.request.post("/web/dataset/call_kw", data={
        "jsonrpc": "2.0", "method": "call",
        "params": {"model": model, "method": method, "args": args,
                   "kwargs": {"context": CHINESE}},
    }).json()
    if "error" in answer:
        raise SystemExit(answer["error"]["data"]["message"])
    return answer["result"]
