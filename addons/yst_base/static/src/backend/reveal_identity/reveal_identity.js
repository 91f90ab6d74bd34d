import { Component, onWillUnmount, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useAutofocus, useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const SHOWN_SECONDS = 60;

/** Asks for a reason, then shows the numbers of one resident for a minute. */
export class RevealIdentityDialog extends Component {
    static template = "yst_base.RevealIdentityDialog";
    static components = { Dialog };
    static props = { close: Function, resId: Number };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ reason: "", numbers: null, busy: false, left: 0 });
        useAutofocus({ refName: "reason" });
        onWillUnmount(() => clearInterval(this.timer));
    }

    get title() {
        return _t("Show ID and telephone number");
    }

    get closing() {
        return _t("Closes in %s s", this.state.left);
    }

    get ready() {
        return Boolean(this.state.reason.trim()) && !this.state.busy;
    }

    async show() {
        if (!this.ready) {
            return;
        }
        this.state.busy = true;
        try {
            this.state.numbers = await this.orm.call("res.partner", "action_reveal_identity", [
                [this.props.resId],
                this.state.reason,
            ]);
        } finally {
            this.state.busy = false;
        }
        this.state.left = SHOWN_SECONDS;
        this.timer = setInterval(() => {
            this.state.left -= 1;
            if (this.state.left <= 0) {
                this.props.close();
            }
        }, 1000);
    }
}

export class RevealIdentity extends Component {
    static template = "yst_base.RevealIdentity";
    static props = { ...standardWidgetProps };

    setup() {
        this.dialog = useService("dialog");
    }

    get shown() {
        const { resId, data } = this.props.record;
        return Boolean(resId) && Boolean(data.identity_masked || data.phone) && data.is_resident;
    }

    open() {
        this.dialog.add(RevealIdentityDialog, { resId: this.props.record.resId });
    }
}

registry.category("view_widgets").add("yst_reveal_identity", {
    component: RevealIdentity,
    fieldDependencies: [
        { name: "identity_masked", type: "char" },
        { name: "phone", type: "char" },
        { name: "is_resident", type: "boolean" },
    ],
});
