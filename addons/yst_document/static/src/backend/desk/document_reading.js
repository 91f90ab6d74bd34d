import { Component, markup, onWillStart, onWillUpdateProps, useExternalListener, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { ConnectionLostError } from "@web/core/network/rpc";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { sizeText } from "@yst_circulation/backend/inbox/files";
import { timeText } from "@yst_circulation/backend/inbox/reading";
import { Comparison } from "../compare/comparison";
import { useOpinion } from "../opinion/use_opinion";

/** One document as its approver reads it, with what is wanted of them (审阅、签批). */
export class DocumentReading extends Component {
    static template = "yst_document.Reading";
    static components = { Comparison };
    static props = { document: Number, changed: Function, done: Function };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.notification = useService("notification");
        this.opinion = useOpinion();
        this.time = timeText;
        this.size = sizeText;
        this.me = user.userId;
        this.state = useState({ document: null, problem: "", busy: false, compare: false });
        onWillStart(() => this.load(this.props.document));
        onWillUpdateProps(
            (next) => next.document !== this.props.document && this.load(next.document)
        );
        useExternalListener(window, "online", () => this.load(this.props.document));
    }

    async load(id) {
        try {
            const document = await this.orm.call("yst.document", "get_reading", [[id]]);
            this.body = markup(document.body);
            Object.assign(this.state, { document, problem: "", compare: false });
        } catch (error) {
            if (error instanceof ConnectionLostError && this.state.document) {
                return; // what is on the screen can still be read
            }
            if (!error.data) {
                throw error;
            }
            Object.assign(this.state, { document: null, problem: error.data.message });
        }
    }

    may(action) {
        return this.state.document.may.includes(action);
    }

    /** Whether one can step from here at all. */
    get acts() {
        return ["approve", "instruct", "return"].some((action) => this.may(action));
    }

    async after(words) {
        this.notification.add(words, { type: "success" });
        await this.load(this.props.document);
        this.props.changed();
        if (this.state.document && !this.acts) {
            this.props.done();
        }
    }

    /** 圈阅: read and agreed with one tap. */
    async circle() {
        const { document } = this.state;
        this.state.busy = true;
        try {
            await this.opinion.circle(document);
            await this.after(_t("Circled: read and agreed"));
        } catch (error) {
            if (error instanceof ConnectionLostError) {
                this.notification.add(_t("No connection. Try again when the network is back."), {
                    type: "warning",
                });
            } else {
                throw error;
            }
        } finally {
            this.state.busy = false;
        }
    }

    approve() {
        this.opinion.approve(this.state.document, () => this.after(_t("Your opinion has been filed")));
    }

    instruct() {
        this.opinion.instruct(this.state.document, () =>
            this.after(_t("Your instruction has been filed"))
        );
    }

    giveBack() {
        this.opinion.giveBack(this.state.document, () => this.after(_t("Returned")));
    }

    openForm() {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "yst.document",
            res_id: this.props.document,
            views: [[false, "form"]],
        });
    }
}
