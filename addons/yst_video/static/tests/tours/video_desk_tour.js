import { registry } from "@web/core/registry";

function assertNoSidewaysScrolling() {
    const page = document.documentElement;
    if (page.scrollWidth > page.clientWidth) {
        throw new Error(`The page is ${page.scrollWidth - page.clientWidth} px too wide.`);
    }
}

/** Waits until a picture has really been loaded. */
async function waitLoaded(selector) {
    for (let tries = 0; tries < 50; tries++) {
        const image = document.querySelector(selector);
        if (image?.complete && image.naturalWidth) {
            return;
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`No picture: ${document.querySelector(selector)?.src}`);
}

/** Chooses the last option of each select of the wall and then the first one again. */
function chooseOfEverySelect() {
    for (const select of document.querySelectorAll(".o_yst_wall_bar select")) {
        const { value } = select.options[select.options.length - 1];
        for (const choice of [value, select.options[0].value]) {
            select.value = choice;
            select.dispatchEvent(new Event("change", { bubbles: true }));
            if (select.classList.contains("o_yst_wall_rotate")) {
                const kept = JSON.parse(localStorage.getItem("yst_video.wall"));
                if (kept?.rotate !== Number(choice)) {
                    throw new Error(`The pages turn every ${kept?.rotate} s, not ${choice} s.`);
                }
            }
        }
    }
}

registry.category("web_tour.tours").add("yst_operator_judges", {
    steps: () => [
        {
            content: "the alerts with their pictures",
            trigger: ".o_yst_alert_kanban .o_kanban_record:contains(Crowd) img[src*='/yst/video/snapshot/']",
        },
        {
            trigger: ".o_yst_alert_kanban .o_kanban_record:contains(Crowd):first",
            run: "click",
        },
        {
            content: "what was found is drawn over the picture",
            trigger: ".o_yst_alert_main svg .o_yst_box",
            async run() {
                assertNoSidewaysScrolling();
                await waitLoaded(".o_yst_alert_main img");
            },
        },
        {
            content: "the picture over the whole screen",
            trigger: ".o_yst_alert_main img",
            run: "click",
        },
        {
            content: "“back”, as on a phone, closes it and leaves the alert as it is",
            trigger: ".o-FileViewer",
            run: () => history.back(),
        },
        {
            trigger: "body:not(:has(.o-FileViewer)) .o_yst_alert_main img",
            run: "click",
        },
        {
            content: "and so does Escape",
            trigger: ".o-FileViewer",
            run: "press Escape",
        },
        {
            trigger: "body:not(:has(.o-FileViewer)) .o_yst_alert_main img",
        },
        {
            trigger: "button[name=action_judge_true]:visible:first",
            run: "click",
        },
        {
            content: "judged: no longer asked",
            trigger: "body:not(:has(button[name=action_judge_true]:visible)) .o_yst_alert_form",
        },
        {
            content: "on to the next, by the keys",
            trigger: ".o_yst_alert_form button[name=action_judge_next]:visible, .o_statusbar_buttons .dropdown-toggle:visible",
            run: "click",
        },
        {
            trigger: "button[name=action_judge_next]:visible, .modal .o_yst_judge",
            run() {
                if (!document.querySelector(".modal .o_yst_judge")) {
                    document.querySelector("button[name=action_judge_next]").click();
                }
            },
        },
        {
            content: "the reason with 1",
            trigger: ".modal .o_yst_judge .o_yst_alert_main img",
            run() {
                window.dispatchEvent(new KeyboardEvent("keydown", { key: "1", bubbles: true }));
            },
        },
        {
            content: "false with K",
            trigger: ".modal .o_yst_judge_false:visible",
            run() {
                window.dispatchEvent(new KeyboardEvent("keydown", { key: "k", bubbles: true }));
            },
        },
        {
            content: "the next one appears by itself: it is put off",
            trigger: ".modal .o_yst_judge:not(:has(.o_yst_judge_false:visible)) .o_yst_judge_later",
            run: "click",
        },
        {
            trigger: ".o_notification:contains(No more alerts are waiting)",
        },
    ],
});

registry.category("web_tour.tours").add("yst_operator_watches", {
    steps: () => [
        {
            content: "why, before any picture",
            trigger: ".o_yst_wall:not(:has(img)) .o_yst_purpose button[type=submit]",
            run: "click",
        },
        {
            trigger: ".o_yst_tile[data-state=live] img",
            run: assertNoSidewaysScrolling,
        },
        {
            content: "every choice above the pictures works (a phone has the first of them hidden)",
            trigger: ".o_yst_wall_bar",
            run: chooseOfEverySelect,
        },
        {
            content: "what is not the present says so",
            trigger: ".o_yst_tile[data-state=offline] .o_yst_tile_word:contains(Offline)",
        },
        {
            trigger: ".o_yst_tile[data-state=offline] .o_yst_tile_age:contains(Last picture)",
        },
        {
            trigger: ".o_yst_tile[data-state=live]:first",
            run: "click",
        },
        {
            content: "no gateway: it says so and shows the latest picture",
            trigger: ".o_yst_live[data-status=none] .alert:contains(no media gateway)",
        },
        {
            trigger: ".o_yst_tile_large[data-state=live] img",
            run: () => waitLoaded(".o_yst_tile_large img"),
        },
        {
            trigger: ".o_yst_wall_large_head button[aria-label=Close]",
            run: "click",
        },
        {
            trigger: ".o_yst_tile[data-state=live]:first",
            run: "click",
        },
        {
            content: "the key closes it as well",
            trigger: ".o_yst_tile_large[data-state=live] img",
            run: "press Escape",
        },
        {
            trigger: ".o_yst_wall_grid .o_yst_tile",
        },
        {
            trigger: "body:not(:has(.o_yst_tile_large))",
        },
    ],
});

/** Draws with the mouse over the picture or clip, from and to fractions of it. */
async function draw(from, to) {
    const frame = document.querySelector(".modal .o_yst_blur_frame");
    const send = (type, [x, y]) => {
        const { left, top, width, height } = frame.getBoundingClientRect();
        frame.dispatchEvent(
            new PointerEvent(type, {
                bubbles: true,
                cancelable: true,
                pointerId: 1,
                clientX: left + x * width,
                clientY: top + y * height,
            })
        );
    };
    frame.setPointerCapture = () => {}; // the pointer is none of a device
    send("pointerdown", from);
    if (to) {
        send("pointermove", to);
    }
    send("pointerup", to || from);
}

registry.category("web_tour.tours").add("yst_operator_makes_unrecognisable", {
    steps: () => [
        { trigger: ".o_yst_footage button:contains(Pictures of alerts)", run: "click" },
        {
            trigger: ".modal .o_yst_blur_frame img",
            run: async () => {
                await draw([0.6, 0.6], [0.9, 0.9]);
                await draw([0.05, 0.6], [0.2, 0.9]);
            },
        },
        { trigger: ".modal svg:has(rect.o_yst_hidden:eq(2))" }, // a head and two rectangles
        { trigger: ".modal .o_yst_blur_frame", run: () => draw([0.1, 0.7]) },
        { trigger: ".modal svg:has(rect.o_yst_hidden:eq(1)):not(:has(rect.o_yst_hidden:eq(2)))" },
        { trigger: ".modal .o_yst_blur_frame", run: () => draw([0.35, 0.12]) },
        { trigger: ".modal svg:has(rect.o_yst_clear)" },
        { trigger: ".modal button:contains(Save as a file)", run: "click" },
        { trigger: ".modal .text-success:contains(1 saved)" },
        { trigger: ".modal button:contains(Close)", run: "click" },
        { trigger: ".o_yst_footage button:contains(Clips of alerts)", run: "click" },
        {
            trigger: ".modal .o_yst_blur_frame video",
            run: async () => {
                await draw([0.1, 0.1], [0.3, 0.5]);
                await draw([0.5, 0.5], [0.505, 0.505]); // a slip of the finger
                await draw([0.5, 0.5], [0.7, 0.9]);
            },
        },
        { trigger: ".modal svg:has(rect.o_yst_clear:eq(1)):not(:has(rect.o_yst_clear:eq(2)))" },
        { trigger: ".modal button:contains(Undo)", run: "click" },
        { trigger: ".modal svg:has(rect.o_yst_clear):not(:has(rect.o_yst_clear:eq(1)))" },
    ],
});
