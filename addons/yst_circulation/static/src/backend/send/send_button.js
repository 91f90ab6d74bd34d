import { Component, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** Whom an item would reach, before it is sent. */
export class SendDialog extends Component {
    static template = "yst_circulation.SendDialog";
    static components = { Dialog };
    static props = { close: Function, preview: Object, send: Function };

    setup() {
        this.state = useState({ words: "", accepted: false, busy: false });
    }

    get shown() {
        const words = this.state.words.trim().toLowerCase();
        return this.props.preview.people.filter((one) =>
            `${one.name} ${one.area} ${one.department}`.toLowerCase().includes(words)
        );
    }

    get more() {
        return _t("… and %s more", this.shown.length - 500);
    }

    get title() {
        return _t("It will be sent to %s people", this.props.preview.count);
    }

    get canSend() {
        const { preview } = this.props;
        const accepted = this.state.accepted || !preview.problems.length;
        return !preview.blocked && accepted && !this.state.busy;
    }

    async send() {
        this.state.busy = true;
        try {
            await this.props.send(this.state.accepted);
            this.props.close();
        } finally {
            this.state.busy = false;
        }
    }
}

/** Saves the draft, shows whom it would reach, and sends it. */
export class SendButton extends Component {
    static template = "yst_circulation.SendButton";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
    }

    async preview() {
        const { record } = this.props;
        if (!(await record.save())) {
            return;
        }
        const model = record.resModel;
        const preview = await this.orm.call(model, "action_preview", [[record.resId]]);
        this.dialog.add(SendDialog, {
            preview,
            send: async (accepted) => {
                await this.orm.call(model, "action_send", [[record.resId]], {
                    accept_problems: accepted,
                });
                this.notification.add(_t("Sent to %s people", preview.count), { type: "success" });
                await this.afterSending();
            },
        });
    }

    /** What the screen does once the item is out. */
    afterSending() {
        return this.props.record.load();
    }
}

registry.category("view_widgets").add("yst_circulation_send", { component: SendButton });
