import { registry } from "@web/core/registry";

/** A sharp, light photo of a page with writing on it; `seed` makes each one another. */
async function photo(seed) {
    const canvas = document.createElement("canvas");
    canvas.width = 1200;
    canvas.height = 1600 + seed;
    const context = canvas.getContext("2d");
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = "black";
    for (let row = 60; row < 1540; row += 40) {
        for (let column = 60; column < 1140; column += 26) {
            context.fillRect(
                column,
                row,
                ((column * row + seed) % 17) + 4,
                ((column + row) % 13) + 8
            );
        }
    }
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
    return new File([blob], `photo${seed}.jpg`, { type: "image/jpeg" });
}

/** Chooses photos for the nth material that can be handed in. */
async function choose(nth, ...seeds) {
    const input = document.querySelectorAll(".yst_material input[type=file][multiple]")[nth];
    const transfer = new DataTransfer();
    for (const seed of seeds) {
        transfer.items.add(await photo(seed));
    }
    input.files = transfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
}

function assertNoSidewaysScrolling() {
    const page = document.documentElement;
    if (page.scrollWidth > page.clientWidth) {
        throw new Error(`The page is ${page.scrollWidth - page.clientWidth} px too wide.`);
    }
}

function assertTouchTargets() {
    const small = [...document.querySelectorAll(".yst_page .btn, .yst_page .form-control")].filter(
        (el) => el.offsetParent && el.getBoundingClientRect().height < 43.5
    );
    if (small.length) {
        throw new Error(`Too low to touch: ${small.map((el) => el.outerHTML.slice(0, 90))}`);
    }
}

const looksRight = (trigger) => ({
    trigger,
    run() {
        assertNoSidewaysScrolling();
        assertTouchTargets();
    },
});

registry.category("web_tour.tours").add("yst_resident_applies", {
    steps: () => [
        {
            content: "from the guide to the form",
            trigger: "a[href*='/my/apply/']:contains(/./)",
            run: "click",
            expectUnloadPage: true,
        },
        looksRight("form.yst_apply_form[action$='/who']"),
        {
            trigger: ".yst_actions button[type=submit]",
            run: "click",
            expectUnloadPage: true,
        },
        looksRight("form.yst_apply_form[action$='/details']"),
        {
            trigger: "select[name=area_id]",
            run: "selectByLabel 测试北社区",
        },
        {
            trigger: "textarea[name=note]",
            run: "edit 楼上没有电梯",
        },
        {
            content: "saved while it is typed",
            trigger: ".yst_saved[data-state=saved]:contains(Saved)",
        },
        {
            trigger: ".yst_actions button[type=submit]",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: "form.yst_apply_form[action$='/materials']",
            run: () => choose(0, 1, 2),
        },
        {
            trigger: ".yst_material:eq(0) .yst_photos li:not(.yst_sending):eq(1)",
            run: () => choose(1, 3),
        },
        looksRight(".yst_material:eq(1) .yst_photos li:not(.yst_sending):eq(0)"),
        {
            content: "a photo is taken back",
            trigger: ".yst_material:eq(0) .yst_photos li:eq(1) form[action$='/remove'] button",
            run: "click",
        },
        {
            trigger: ".yst_material:eq(0) .yst_photos:not(:has(li:eq(1)))",
        },
        {
            trigger: ".yst_actions button[type=submit]",
            run: "click",
            expectUnloadPage: true,
        },
        looksRight("form.yst_apply_form[action$='/check']"),
        {
            trigger: "body:not(:contains(Still missing)) .yst_facts:contains(测试北社区)",
        },
        {
            trigger: "input[name=declared]",
            run: "click",
        },
        {
            trigger: ".yst_actions button[type=submit]",
            run: "click",
            expectUnloadPage: true,
        },
        looksRight(".yst_receipt .yst_number:contains(BJ)"),
        {
            trigger: ".yst_now:contains(The materials are being looked at)",
        },
    ],
});

registry.category("web_tour.tours").add("yst_clerk_asks_for_correction", {
    steps: () => [
        {
            trigger: ".o_data_row:contains(测试就业困难认定) .o_data_cell:first",
            run: "click",
        },
        {
            content: "the first material is faulty",
            trigger: ".o_yst_line:eq(0) .btn-outline-danger",
            run: "click",
        },
        {
            trigger: ".o-dropdown--menu .o-dropdown-item:first",
            run: "click",
        },
        {
            trigger: ".o_yst_line_rejected",
        },
        {
            content: "the second is in order",
            trigger: ".o_yst_line:eq(1) .btn-success",
            run: "click",
        },
        {
            trigger: ".o_yst_line_accepted",
        },
        {
            trigger: "button[name=action_ask_correction]",
            run: "click",
        },
        {
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            trigger: ".o_yst_now:contains(Materials must be corrected)",
        },
    ],
});

registry.category("web_tour.tours").add("yst_resident_corrects", {
    steps: () => [
        {
            trigger: ".yst_case_card.yst_needs_you",
            run: "click",
            expectUnloadPage: true,
        },
        looksRight(".yst_now.yst_needs_you:contains(Materials must be corrected)"),
        {
            trigger: "a[href$='/correct']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "only what was faulty is asked for",
            trigger: ".yst_page:not(:has(.yst_material:eq(1))) .yst_material.yst_rejected",
            run: () => choose(0, 11),
        },
        looksRight(".yst_photos li:not(.yst_sending)"),
        {
            trigger: ".yst_actions button[type=submit]",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".yst_now:contains(The corrected materials are being looked at)",
        },
    ],
});

registry.category("web_tour.tours").add("yst_clerk_accepts", {
    steps: () => [
        {
            trigger: ".o_data_row:contains(测试就业困难认定) .o_data_cell:first",
            run: "click",
        },
        {
            trigger: ".o_yst_line:eq(0) .btn-success",
            run: "click",
        },
        {
            trigger: "button[name=action_accept]",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Accepted)",
        },
    ],
});

registry.category("web_tour.tours").add("yst_resident_books", {
    steps: () => [
        {
            trigger: ".yst_now:contains(Make an appointment)",
        },
        {
            trigger: "a[href$='/slots']",
            run: "click",
            expectUnloadPage: true,
        },
        looksRight(".yst_choice:contains(测试大厅)"),
        {
            trigger: "input[name=slot]",
            run: "click",
        },
        {
            trigger: ".yst_actions button[type=submit]",
            run: "click",
            expectUnloadPage: true,
        },
        looksRight(".yst_now:contains(Appointment made: 测试大厅)"),
    ],
});

registry.category("web_tour.tours").add("yst_clerk_completes", {
    steps: () => [
        {
            trigger: ".o_data_row:contains(测试就业困难认定) .o_data_cell:first",
            run: "click",
        },
        {
            content: "the resident has come",
            trigger: "button[name=action_start_onsite]",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Handled on site)",
        },
        {
            trigger: ".o_statusbar_buttons button:contains(Complete)",
            run: "click",
        },
        {
            trigger: ".modal [name=result_text] textarea, .modal [name=result_text] input",
            run: "edit 已认定，可享受就业援助",
        },
        {
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Completed)",
        },
    ],
});

registry.category("web_tour.tours").add("yst_resident_rates", {
    steps: () => [
        {
            trigger: ".yst_now:contains(已认定，可享受就业援助)",
        },
        looksRight("#rate"),
        {
            trigger: "input[name=level][value='5']",
            run: "click",
        },
        {
            trigger: "#rate textarea",
            run: "edit 很满意",
        },
        {
            trigger: "#rate button[type=submit]",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".alert-success:contains(Thank you)",
        },
        {
            trigger: ".yst_timeline:contains(Completed)",
        },
    ],
});
