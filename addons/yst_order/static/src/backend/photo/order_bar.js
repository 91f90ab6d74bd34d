import { Component, useEffect, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useBus, useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { orderGroup, useOrderCamera } from "./order_camera";

const DRAFT = "yst_order.feedback.";

/**
 * The handler's buttons under the thumb, on a phone: accept, give back, photograph, report back.
 * What is being written stays on the phone until the server has it.
 */
export class OrderBar extends Component {
    static template = "yst_order.OrderBar";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.notification = useService("notification");
        this.state = useState({ writing: false, text: "", busy: false });
        this.camera = useOrderCamera(() => this.props.record.resId);
        useBus(this.env.bus, "YST_PHOTOS:SENT", ({ detail }) => {
            const { record } = this.props;
            if (detail.group === orderGroup(record.resId) && record.data.photo_missing) {
                record.load();
            }
        });
        useEffect(
            () => {
                this.state.text = browser.localStorage.getItem(this.draft) || "";
                this.state.writing = false;
            },
            () => [this.props.record.resId]
        );
    }

    get draft() {
        return DRAFT + this.props.record.resId;
    }

    get may() {
        const actions = this.props.record.data.may_actions || "";
        return (name) => actions.includes(`|${name}|`);
    }

    get shown() {
        const names = ["accept", "return", "photo", "feedback"];
        return this.env.isSmall && this.props.record.resId && names.some((name) => this.may(name));
    }

    /** Those on their way; what the server does not take is not waited for. */
    get unsent() {
        return this.camera.waiting.filter((item) => item.status !== "refused").length;
    }

    get photosMissing() {
        return this.props.record.data.photo_missing && !this.unsent;
    }

    write(ev) {
        this.state.text = ev.target.value;
        browser.localStorage.setItem(this.draft, this.state.text);
    }

    async run(method, args) {
        if (this.state.busy) {
            return false;
        }
        this.state.busy = true;
        try {
            await this.orm.call("yst.order", method, [[this.props.record.resId], ...args]);
            await this.props.record.load();
            return true;
        } finally {
            this.state.busy = false;
        }
    }

    accept() {
        return this.run("action_accept", []);
    }

    giveBack() {
        const { resId } = this.props.record;
        this.action.doAction("yst_order.action_order_reason_return", {
            additionalContext: {
                active_model: "yst.order",
                active_id: resId,
                active_ids: [resId],
            },
            onClose: () => this.props.record.load(),
        });
    }

    async report() {
        if (!this.state.text.trim()) {
            this.notification.add(_t("Write in a few words what was done."), { type: "warning" });
            return;
        }
        if (await this.run("action_feedback", [this.state.text])) {
            browser.localStorage.removeItem(this.draft);
            Object.assign(this.state, { writing: false, text: "" });
            this.notification.add(_t("Reported back. Somebody else verifies it now."), {
                type: "success",
            });
        }
    }
}

registry.category("view_widgets").add("yst_order_bar", {
    component: OrderBar,
    fieldDependencies: [
        { name: "state", type: "selection" },
        { name: "may_actions", type: "char" },
        { name: "photo_missing", type: "boolean" },
    ],
});
