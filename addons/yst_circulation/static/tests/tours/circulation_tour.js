import { registry } from "@web/core/registry";

const TITLE = "Tour: fire safety";

function assertNoSidewaysScrolling() {
    for (const part of [document.documentElement, ...document.querySelectorAll(".o_content")]) {
        if (part.scrollWidth > part.clientWidth) {
            throw new Error(`${part.className || "The page"} can be pushed sideways.`);
        }
    }
}

/** The big button lies at the lower edge, where a thumb reaches it. */
function assertUnderTheThumb() {
    const foot = document.querySelector(".o_yst_reading_foot").getBoundingClientRect();
    if (foot.bottom > window.innerHeight + 1 || foot.top < window.innerHeight / 2) {
        throw new Error("The buttons are not at the lower edge of the screen.");
    }
    for (const button of document.querySelectorAll(".o_yst_reading_foot .btn-lg")) {
        if (button.getBoundingClientRect().height < 44) {
            throw new Error(`Too low to touch: ${button.outerHTML.slice(0, 90)}`);
        }
    }
}

registry.category("web_tour.tours").add("yst_circulation_sends", {
    steps: () => [
        { trigger: ".o_yst_inbox_tools .btn-primary", run: "click" },
        { trigger: ".o_form_view [name=name] input", run: `edit ${TITLE}` },
        { trigger: ".o_form_view [name=wanted] input", run: "click" },
        { trigger: ".o_select_menu_item:contains(Confirm)", run: "click" },
        { trigger: ".nav-link[name=audience]", run: "click" },
        {
            content: "all liaisons with one click",
            trigger: "[name=quick] .o_selection_badge:contains(Cadres of my own)",
            run: "click",
        },
        { trigger: "[name=audience_ids] .o_data_row:contains(All its cadres)" },
        { trigger: ".o_statusbar_buttons .btn:contains(Look and send)", run: "click" },
        { trigger: ".modal .o_yst_send_people:contains(Liaison):not(:contains(Other))" },
        { trigger: ".modal-footer .btn-primary:contains(Send)", run: "click" },
        { trigger: ".o_arrow_button_current:contains(Sent)" },
        { trigger: ".nav-link[name=matrix]", run: "click" },
        { trigger: ".o_yst_matrix_row:contains(Liaison):contains(Unread)" },
    ],
});

registry.category("web_tour.tours").add("yst_circulation_village", {
    steps: () => [
        {
            content: "the count in the menu bar",
            trigger: ".o_yst_inbox_systray .o_yst_inbox_count:contains(1)",
        },
        {
            trigger: `.o_yst_inbox_row:contains(${TITLE})`,
            run() {
                assertNoSidewaysScrolling();
                document.querySelector(".o_yst_inbox_row").click();
            },
        },
        { trigger: ".o_yst_reading_foot .btn-lg:contains(Confirm)", run: assertUnderTheThumb },
        { trigger: ".o_yst_reading_foot .btn:contains(Pass on)", run: "click" },
        { trigger: ".modal .o_yst_people label:contains(Cadre) input", run: "click" },
        { trigger: ".modal input[maxlength]", run: "edit By noon" },
        { trigger: ".modal-footer .btn-primary:contains(1)", run: "click" },
        { trigger: ".o_yst_reading .btn-link:contains(1 people)", run: assertNoSidewaysScrolling },
        { trigger: ".o_yst_reading_foot .btn-lg:contains(Confirm)", run: "click" },
        { trigger: ".o_yst_answer_given:contains(Done on)" },
        { trigger: ".o_yst_inbox_back", run: "click" },
        { trigger: ".o_yst_inbox_folders [data-folder=done]", run: "click" },
        { trigger: `.o_yst_inbox_row:contains(${TITLE})` },
        {
            content: "nothing is left to do",
            trigger: ".o_yst_inbox_systray:not(:has(.o_yst_inbox_count))",
        },
    ],
});

registry.category("web_tour.tours").add("yst_circulation_tree", {
    steps: () => [
        { trigger: `.o_data_cell:contains(${TITLE})`, run: "click" },
        { trigger: ".o_yst_matrix_row:contains(Liaison):contains(Done)" },
        { trigger: ".o_yst_matrix_row .btn-link:contains(0 of 1 done, 1 unread)", run: "click" },
        { trigger: ".o_yst_matrix_row:contains(Cadre):contains(Unread)" },
        { trigger: ".o_yst_matrix .btn-group .btn:contains(Unread)", run: "click" },
        { trigger: ".o_yst_matrix:not(:has(.o_yst_matrix_row:contains(Liaison)))" },
    ],
});
