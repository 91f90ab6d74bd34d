import { Component, useExternalListener, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const BUTTONS = { j: "action_true", k: "action_false", l: "action_later" };

/** Keys of the judging dialog: J true, K false, L later, 1 to 9 the reason. */
export class JudgeKeys extends Component {
    static template = xml`<span class="d-none"/>`;
    static props = { ...standardWidgetProps };

    setup() {
        useExternalListener(window, "keydown", (ev) => this.onKey(ev), { capture: true });
    }

    onKey(ev) {
        const typing =
            ev.target.closest?.("textarea, [contenteditable=true], input:not([type=radio])") ||
            ev.ctrlKey ||
            ev.altKey ||
            ev.metaKey ||
            ev.repeat;
        const dialog = document.querySelector(".modal .o_yst_judge");
        if (typing || !dialog) {
            return;
        }
        const key = ev.key.toLowerCase();
        let target = null;
        if (BUTTONS[key]) {
            target = dialog.querySelector(`button[name=${BUTTONS[key]}]:not([disabled])`);
        } else if (/^[1-9]$/.test(key)) {
            target = dialog.querySelectorAll("[name=reason_id] input[type=radio]")[key - 1];
        }
        if (target) {
            ev.preventDefault();
            ev.stopPropagation();
            target.click();
        }
    }
}

registry.category("view_widgets").add("yst_video_judge_keys", { component: JudgeKeys });
