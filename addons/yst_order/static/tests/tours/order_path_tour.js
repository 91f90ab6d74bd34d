import { registry } from "@web/core/registry";

/** A sharp, light photo; `seed` makes each one another, `blurred` one without any edge. */
async function photo(seed, blurred = false) {
    const canvas = document.createElement("canvas");
    canvas.width = 1200;
    canvas.height = 1600 + seed;
    const context = canvas.getContext("2d");
    const light = context.createLinearGradient(0, 0, canvas.width, canvas.height);
    light.addColorStop(0, blurred ? "#9ab" : "white");
    light.addColorStop(1, blurred ? "#def" : "white");
    context.fillStyle = light;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = "black";
    for (let row = 60; row < 1540 && !blurred; row += 40) {
        for (let column = 60; column < 1140; column += 26) {
            const width = ((column * row + seed) % 17) + 4;
            context.fillRect(column, row, width, ((column + row) % 13) + 8);
        }
    }
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
    return new File([blob], `photo${seed}.jpg`, { type: "image/jpeg" });
}

/** What the phone's camera does with the input that the button has opened. */
async function take(seed, blurred) {
    const input = document.querySelector(".o_yst_order_bar input[type=file][capture]");
    const transfer = new DataTransfer();
    transfer.items.add(await photo(seed, blurred));
    input.files = transfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
}

function assertNoSidewaysScrolling() {
    const parts = [document.documentElement, ...document.querySelectorAll(".o_content")];
    for (const part of parts) {
        if (part.scrollWidth > part.clientWidth) {
            throw new Error(`${part.className || "The page"} can be pushed sideways.`);
        }
    }
}

function assertUnderTheThumb() {
    const bar = document.querySelector(".o_yst_order_bar").getBoundingClientRect();
    if (bar.bottom > window.innerHeight + 1 || bar.top < window.innerHeight / 2) {
        throw new Error("The buttons are not at the lower edge of the screen.");
    }
    for (const button of document.querySelectorAll(".o_yst_order_bar .btn")) {
        if (button.getBoundingClientRect().height < 44) {
            throw new Error(`Too low to touch: ${button.outerHTML.slice(0, 90)}`);
        }
    }
}

const looksRight = (trigger) => ({
    trigger,
    run() {
        assertNoSidewaysScrolling();
        assertUnderTheThumb();
    },
});

/** What some phones hand over instead of a picture. */
function takeNoPicture() {
    const input = document.querySelector(".o_yst_order_bar input[type=file]");
    const transfer = new DataTransfer();
    transfer.items.add(new File(["no picture"], "IMG_3.jpg", { type: "image/jpeg" }));
    input.files = transfer.files;
    input.dispatchEvent(new Event("change"));
}

registry.category("web_tour.tours").add("yst_order_desk_dispatches", {
    steps: () => [
        {
            trigger: ".o-kanban-button-new",
            run: "click",
        },
        {
            trigger: ".o_yst_order_form [name=name] input",
            run: "edit 测试占道经营",
        },
        {
            trigger: ".o_yst_order_form [name=area_id] input",
            run: "edit 测试北社区",
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains(测试北社区)",
            run: "click",
        },
        {
            trigger: ".o_yst_order_form [name=place] input",
            run: "edit 西大街8号",
        },
        {
            trigger: ".o_yst_order_form [name=category_id] input",
            run: "edit 市容",
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains(市容)",
            run: "click",
        },
        {
            content: "saved and dispatched in one step",
            trigger: "button[name=action_dispatch]",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Dispatched)",
        },
        {
            trigger: ".o_yst_order_form [name=number]:contains(RW)",
        },
        {
            content: "the handler's buttons are not the desk's",
            trigger: ".o_yst_order_form:not(:has(.o_yst_order_bar))",
        },
    ],
});

registry.category("web_tour.tours").add("yst_order_community_handles", {
    steps: () => [
        {
            content: "the counter in the bar leads there",
            trigger: ".o_yst_todo:has(.o_yst_todo_count:contains(1))",
            run: "click",
        },
        {
            trigger: ".o_yst_todo_row:contains(To accept)",
            run: "click",
        },
        {
            trigger: ".o_kanban_record:contains(测试占道经营)",
            run: "click",
        },
        looksRight(".o_yst_order_bar .o_yst_order_accept"),
        {
            trigger: ".o_yst_order_line:contains(西大街8号)",
        },
        {
            trigger: ".o_yst_order_bar .o_yst_order_accept",
            run: "click",
        },
        looksRight(".o_yst_order_bar .o_yst_order_photo"),
        {
            content: "without a photo nothing can be reported",
            trigger: ".o_yst_order_bar .o_yst_order_feedback",
            run: "click",
        },
        {
            trigger: ".o_yst_order_report:disabled",
        },
        {
            trigger: ".o_yst_order_sheet .btn-secondary",
            run: "click",
        },
        {
            content: "a blurred photo is kept, and another is asked for",
            trigger: ".o_yst_order_bar .o_yst_order_photo",
            run: () => take(1, true),
        },
        {
            trigger: ".o_yst_order_evidence .alert:contains(blurred)",
        },
        {
            trigger: ".o_yst_order_evidence .o_yst_order_again",
            run: () => take(2),
        },
        {
            trigger: ".o_yst_order_pictures .o_yst_order_picture:nth-child(2) img[src*=evidence]",
        },
        {
            trigger: ".o_yst_order_evidence:not(:has(.alert))",
        },
        {
            content: "what is no picture is refused, and holds up no feedback",
            trigger: ".o_yst_order_bar .o_yst_order_photo",
            run: takeNoPicture,
        },
        {
            trigger: ".o_yst_order_waiting[data-status=refused]",
        },
        {
            trigger: ".o_yst_order_bar .o_yst_order_feedback",
            run: "click",
        },
        {
            trigger: ".o_yst_order_report:enabled",
        },
        {
            trigger: ".o_yst_order_sheet textarea",
            run: "edit 摊位已撤离",
        },
        looksRight(".o_yst_order_report:not(:disabled)"),
        {
            trigger: ".o_yst_order_report",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=feedback_text]:contains(摊位已撤离)",
        },
        {
            trigger: "body:not(:has(.o_yst_order_bar))",
        },
    ],
});

registry.category("web_tour.tours").add("yst_order_desk_closes", {
    steps: () => [
        {
            trigger: ".o_yst_todo",
            run: "click",
        },
        {
            trigger: ".o_yst_todo_row:contains(To verify)",
            run: "click",
        },
        {
            trigger: ".o_kanban_record:contains(测试占道经营)",
            run: "click",
        },
        {
            content: "the photos open large",
            trigger: ".o_yst_order_evidence .o_yst_order_picture img",
            run: "click",
        },
        {
            trigger: ".o-FileViewer img",
        },
        {
            trigger: ".o-FileViewer [aria-label=Close], .o-FileViewer .fa-times",
            run: "click",
        },
        {
            trigger: "button[name=action_verify]",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Closed)",
        },
    ],
});

registry.category("web_tour.tours").add("yst_order_photo_waits_for_network", {
    steps: () => [
        {
            trigger: ".o_yst_order_bar .o_yst_order_photo",
            run() {
                // the network is cut for whatever goes to the server with a photo
                window.ystCut = { on: true, tries: 0 };
                const { open } = XMLHttpRequest.prototype;
                XMLHttpRequest.prototype.open = function (method, url, ...rest) {
                    if (window.ystCut.on && String(url).includes("order_add_photo")) {
                        window.ystCut.tries += 1;
                        this.send = () => setTimeout(() => this.dispatchEvent(new Event("error")));
                    }
                    return open.call(this, method, url, ...rest);
                };
                return take(3);
            },
        },
        {
            content: "it is shown as waiting, and why",
            trigger: ".o_yst_order_waiting[data-status=waiting]",
        },
        {
            trigger: ".o_yst_order_evidence:contains(No network)",
        },
        {
            content: "the network is back",
            trigger: ".o_yst_order_waiting",
            run() {
                if (!window.ystCut.tries) {
                    throw new Error("Nothing was cut.");
                }
                window.ystCut.on = false;
                window.dispatchEvent(new Event("online"));
            },
        },
        {
            trigger: ".o_yst_order_pictures .o_yst_order_picture img[src*=evidence]",
        },
        {
            trigger: "body:not(:has(.o_yst_order_waiting))",
        },
    ],
});
