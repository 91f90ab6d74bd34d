import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

/** Write a line on the pad, as a finger does. */
function write(canvas) {
    const box = canvas.getBoundingClientRect();
    const at = (type, x, y, pressure) =>
        canvas.dispatchEvent(
            new PointerEvent(type, {
                bubbles: true,
                cancelable: true,
                pointerId: 7,
                pointerType: "touch",
                isPrimary: true,
                button: 0,
                buttons: 1,
                pressure,
                clientX: box.left + box.width * x,
                clientY: box.top + box.height * y,
            })
        );
    at("pointerdown", 0.2, 0.3, 0.3);
    for (let step = 1; step <= 20; step++) {
        at("pointermove", 0.2 + step * 0.025, 0.3 + Math.sin(step / 2) * 0.2, 0.2 + step / 40);
    }
    at("pointerup", 0.7, 0.5, 0.2);
}

function assertFits() {
    for (const part of [document.documentElement, ...document.querySelectorAll(".o_content, .o_yst_inbox_pane")]) {
        if (part.scrollWidth > part.clientWidth + 1) {
            throw new Error(`${part.className || "The page"} can be pushed sideways.`);
        }
    }
    for (const button of document.querySelectorAll(".o_yst_reading_foot .btn")) {
        const box = button.getBoundingClientRect();
        if (box.height < 44 || box.bottom > window.innerHeight + 1) {
            throw new Error(`Not under the thumb: ${button.textContent}`);
        }
    }
}

const pick = (field, words) => [
    { trigger: `.o_field_widget[name=${field}] input`, run: `edit ${words}` },
    { trigger: `.o-autocomplete--dropdown-item:contains(${words})`, run: "click" },
];

tours.add("yst_document_drafter_submits", {
    steps: () => [
        { trigger: ".o_list_button_add", run: "click" },
        { trigger: ".o_field_widget[name=name] textarea", run: "edit 关于做好防汛工作的通知" },
        ...pick("code_id", "测办发"),
        ...pick("checker_id", "Checker"),
        ...pick("signer_id", "Leader"),
        { trigger: ".o_field_widget[name=main_to] input", run: "edit 各村（社区）" },
        { trigger: ".o_field_widget[name=body] .odoo-editor-editable", run: "editor 请做好防汛准备。" },
        { trigger: "button[name=action_submit]", run: "click" },
        { trigger: ".o_statusbar_status .o_arrow_button_current:contains(Checking)" },
        { content: "it is not the drafter's turn any more", trigger: ".o_form_view:not(:has(button[name=action_submit]:visible))" },
    ],
});

tours.add("yst_document_leader_signs", {
    steps: () => [
        { trigger: ".o_yst_inbox_row:contains(关于做好防汛工作的通知)", run: "click" },
        { trigger: ".o_yst_reading_body:contains(请做好防汛准备)", run: assertFits },
        { trigger: ".o_yst_opinions:contains(请领导审签)" },
        { trigger: ".o_yst_approve", run: "click" },
        { trigger: ".o_yst_by_hand", run: "click" },
        { trigger: ".o_yst_pad canvas", run: ({ anchor }) => write(anchor) },
        { content: "it can be taken back", trigger: ".o_yst_pad_tools button:contains(Take back):enabled", run: "click" },
        { trigger: ".o_yst_pad:has(.o_yst_pad_hint) canvas", run: ({ anchor }) => write(anchor) },
        {
            content: "what was drawn is still there after the dialog was closed",
            trigger: ".modal-footer .btn-secondary, .modal footer .btn-secondary",
            run: "click",
        },
        { trigger: ".o_yst_reading:not(.modal) .o_yst_approve", run: "click" },
        { trigger: ".o_yst_opinion_dialog:contains(still here) .o_yst_pad:not(:has(.o_yst_pad_hint))" },
        { trigger: ".o_yst_opinion_send:enabled", run: "click" },
        { content: "back at the list, where nothing waits", trigger: ".o_yst_inbox_empty:visible" },
    ],
});

tours.add("yst_document_registrar_issues", {
    steps: () => [
        { trigger: "button[name=action_review_ok]", run: "click" },
        { trigger: "button[name=action_register]", run: "click" },
        { trigger: ".o_yst_document_number:contains(测办发〔)" },
        { trigger: "button[name=action_print]", run: "click" },
        { trigger: "button[name=action_circulation]", run: "click" },
        { trigger: ".modal .o_field_widget[name=quick] .o_selection_badge:contains(Liaisons of all)", run: "click" },
        { trigger: ".modal .o_field_widget[name=audience_ids] .o_data_row" },
        { trigger: ".modal .o_yst_issue", run: "click" },
        { trigger: ".modal:contains(27) .modal-footer .btn-primary:contains(Send)", run: "click" },
        { trigger: ".o_statusbar_status .o_arrow_button_current:contains(Issued)" },
    ],
});

tours.add("yst_document_liaison_reads", {
    steps: () => [
        { trigger: ".o_yst_inbox_row:contains(关于做好防汛工作的通知)", run: "click" },
        { trigger: ".o_yst_reading:contains(请做好防汛准备)", run: assertFits },
        { trigger: ".o_yst_reading button:contains(Confirm)", run: "click" },
        { trigger: ".o_yst_answer_given" },
        { trigger: ".o_yst_reading button:contains(Open the document)", run: "click" },
        { trigger: ".o_yst_document_reading:contains(测办发〔)" },
    ],
});
