import { registry } from "@web/core/registry";

/** A tap on the picture at fractions of its width and height. */
function tap(x, y) {
    return (helpers) => {
        const stage = helpers.anchor;
        const box = stage.getBoundingClientRect();
        stage.dispatchEvent(
            new MouseEvent("click", {
                bubbles: true,
                clientX: box.left + box.width * x,
                clientY: box.top + box.height * y,
            })
        );
    };
}

const corners = [
    [0.2, 0.2],
    [0.8, 0.2],
    [0.8, 0.8],
    [0.2, 0.8],
];

registry.category("web_tour.tours").add("yst_manager_draws_a_zone", {
    steps: () => [
        { trigger: ".o_data_row:contains(巡检摄像头) td[name=name]", run: "click" },
        { trigger: ".o_notebook a[name=zones]", run: "click" },
        { trigger: "button[name=action_make_zone]", run: "click" },
        { trigger: ".modal .o_field_widget[name=name] input", run: "edit 站台" },
        ...corners.flatMap(([x, y], index) => [
            { trigger: ".modal .o_yst_stage", run: tap(x, y) },
            { trigger: `.modal .o_yst_stage:has(.o_yst_point:eq(${index}))` },
        ]),
        // one point too many is taken back
        { trigger: ".modal .o_yst_stage", run: tap(0.5, 0.1) },
        { trigger: ".modal .o_yst_stage:has(.o_yst_point:eq(4))" },
        { trigger: ".modal .o_yst_zone_editor button:has(.fa-undo)", run: "click" },
        { trigger: ".modal .o_yst_stage:not(:has(.o_yst_point:eq(4)))" },
        { trigger: ".modal .o_yst_own:not(.o_yst_wrong)" },
        { trigger: ".modal .o_form_button_save", run: "click" },
        { trigger: "body:not(:has(.modal)) .o_field_widget[name=zone_ids] td:contains(站台)" },
        { trigger: ".o_notebook a[name=rules]", run: "click" },
        {
            trigger: ".o_field_widget[name=rule_ids] .o_field_x2many_list_row_add a",
            run: "click",
        },
        { trigger: ".modal .o_field_widget[name=kind] input", run: "click" },
        { trigger: ".o_select_menu_item:contains(Intrusion)", run: "click" },
        { trigger: ".modal .o_field_widget[name=zone_ids] input", run: "edit 站台" },
        { trigger: ".o-autocomplete--dropdown-item:contains(站台)", run: "click" },
        { trigger: ".modal .o_field_widget[name=zone_ids] .o_tag:contains(站台)" },
        { trigger: ".modal .o_form_button_save", run: "click" },
        { trigger: "body:not(:has(.modal)) .o_field_widget[name=rule_ids] td:contains(Intrusion)" },
        { trigger: ".o_form_button_save", run: "click" },
        { trigger: ".o_form_saved" },
    ],
});

registry.category("web_tour.tours").add("yst_manager_draws_a_gauge", {
    steps: () => [
        { trigger: ".o_list_button_add, .o-kanban-button-new", run: "click" },
        { trigger: ".o_field_widget[name=name] input", run: "edit 桥下水尺" },
        { trigger: ".o_field_widget[name=shape] input", run: "click" },
        { trigger: ".o_select_menu_item:contains(Gauge)", run: "click" },
        { trigger: ".o_field_widget[name=camera_id] input", run: "edit 巡检" },
        { trigger: ".o-autocomplete--dropdown-item:contains(巡检摄像头)", run: "click" },
        {
            content: "the picture of the camera just chosen is there to draw on",
            trigger: ".o_yst_stage img[src^='blob:']",
        },
        { trigger: ".o_field_widget[name=gauge_low] input", run: "edit 0.5" },
        { trigger: ".o_field_widget[name=gauge_high] input", run: "edit 4" },
        { trigger: ".o_field_widget[name=name] input", run: "click" },
        { trigger: ".o_yst_stage", run: tap(0.5, 0.9) },
        { trigger: ".o_yst_stage:has(.o_yst_point:eq(0))" },
        { trigger: ".o_yst_stage", run: tap(0.5, 0.1) },
        { trigger: ".o_yst_stage:has(.o_yst_point:eq(1)) .o_yst_point_label:contains(4)" },
        { trigger: ".o_form_button_save", run: "click" },
        { trigger: ".o_form_saved" },
    ],
});

/** Waits until names of areas are shown, and none covers a camera's sign or another name. */
async function waitNamesClear() {
    const boxes = (selector) =>
        [...document.querySelectorAll(selector)]
            .filter((each) => getComputedStyle(each).visibility === "visible")
            .map((each) => each.getBoundingClientRect());
    const cover = (one, other) =>
        one.left < other.right && other.left < one.right &&
        one.top < other.bottom && other.top < one.bottom;
    for (let tries = 0; tries < 40; tries++) {
        const names = boxes(".o_yst_area_name span");
        const signs = boxes(".o_yst_bundle, .o_yst_camera_sign circle");
        const clear = names.every((name, index) =>
            [...signs, ...names.slice(index + 1)].every((other) => !cover(name, other))
        );
        if (names.length && signs.length && clear) {
            return;
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error("A name on the map covers something, or none is shown.");
}

registry.category("web_tour.tours").add("yst_manager_looks_at_the_map", {
    steps: () => [
        { trigger: ".o_yst_map .leaflet-marker-icon", run: waitNamesClear },
        { trigger: ".o_yst_map_bar input[type=search]", run: "edit 巡检" },
        { trigger: ".o_yst_map_bar:contains(1 of )" },
        { trigger: ".o_yst_camera_sign", run: "click" },
        { trigger: ".o_yst_map_card:contains(巡检摄像头):contains(Offline)" },
        { trigger: ".o_yst_map_card button:contains(Open the camera)", run: "click" },
        { trigger: ".o_form_view .o_field_widget[name=name]:has(input)" },
        { trigger: ".o_yst_camera_place .leaflet-marker-icon" },
    ],
});

registry.category("web_tour.tours").add("yst_map_says_whose_it_is", {
    steps: () => [
        { trigger: ".o_yst_map .leaflet-control-attribution:contains(<img):contains(天地图)" },
        { trigger: "body:not(:has(.leaflet-control-attribution img))" },
    ],
});

registry.category("web_tour.tours").add("yst_operator_starts_maintenance", {
    steps: () => [
        { trigger: ".o_kanban_record:contains(巡检摄像头)", run: "click" },
        { trigger: ".o_form_view:contains(巡检摄像头)" },
        {
            trigger: ".o_statusbar_buttons button[name=action_ask_maintenance]",
            run: "click",
        },
        { trigger: ".modal .o_field_widget[name=reason] input", run: "edit 镜头进水" },
        { trigger: ".modal button[name=action_start]", run: "click" },
        { trigger: ".alert-warning:contains(镜头进水)" },
    ],
});
