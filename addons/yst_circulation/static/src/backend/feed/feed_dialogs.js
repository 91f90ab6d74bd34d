import { Component, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { serializeDate } from "@web/core/l10n/dates";
import { useAutofocus } from "@web/core/utils/hooks";
import { timeText } from "../inbox/reading";

const { DateTime } = luxon;

/** Asks a moderator for the reason, or for the day until which a post stays on top. */
export class FeedAskDialog extends Component {
    static template = "yst_circulation.FeedAskDialog";
    static components = { Dialog };
    static props = { title: String, date: { type: Boolean, optional: true }, apply: Function, close: Function };

    setup() {
        this.today = serializeDate(DateTime.local());
        const week = serializeDate(DateTime.local().plus({ days: 7 }));
        this.state = useState({ value: this.props.date ? week : "", busy: false });
        if (!this.props.date) {
            useAutofocus({ refName: "value" }); // a date has no text to mark
        }
    }

    async apply() {
        if (!this.state.value.trim() || this.state.busy) {
            return;
        }
        this.state.busy = true;
        try {
            await this.props.apply(this.state.value.trim());
            this.props.close();
        } finally {
            this.state.busy = false;
        }
    }
}

/** What moderators did with a post, when and why (管理痕迹). */
export class FeedTraceDialog extends Component {
    static template = "yst_circulation.FeedTraceDialog";
    static components = { Dialog };
    static props = { lines: Array, close: Function };

    setup() {
        this.time = timeText;
    }
}
