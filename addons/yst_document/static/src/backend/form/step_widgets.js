import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { SendButton } from "@yst_circulation/backend/send/send_button";
import { Comparison } from "../compare/comparison";
import { useOpinion } from "../opinion/use_opinion";

/** The buttons of the form that ask for an opinion: the same dialogs as on the phone. */
export class OpinionButtons extends Component {
    static template = "yst_document.OpinionButtons";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.notification = useService("notification");
        this.opinion = useOpinion();
    }

    may(action) {
        return (this.props.record.data.may_actions || "").includes(`|${action}|`);
    }

    /** @param {"approve"|"instruct"|"giveBack"} step */
    async ask(step) {
        const { record } = this.props;
        if (!(await record.save())) {
            return;
        }
        const document = await this.orm.call("yst.document", "get_step", [[record.resId]]);
        this.opinion[step](document, async () => {
            this.notification.add(_t("Filed"), { type: "success" });
            await record.load();
        });
    }
}

registry.category("view_widgets").add("yst_document_opinion", {
    component: OpinionButtons,
    fieldDependencies: [{ name: "may_actions", type: "char" }],
});

/** The comparison of versions on the form. */
export class ComparisonWidget extends Component {
    static template = "yst_document.ComparisonWidget";
    static components = { Comparison };
    static props = { ...standardWidgetProps };
}

registry.category("view_widgets").add("yst_document_comparison", { component: ComparisonWidget });

/** Shows whom a document would reach, sends it and closes the dialog. */
export class SendDocumentButton extends SendButton {
    static template = "yst_document.SendButton";

    setup() {
        super.setup();
        this.action = useService("action");
    }

    afterSending() {
        return this.action.doAction({ type: "ir.actions.act_window_close" });
    }
}

registry.category("view_widgets").add("yst_document_send", { component: SendDocumentButton });
