import { Component, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { useService } from "@web/core/utils/hooks";

/** To whom of one's own people an item is passed on. */
export class PassOnDialog extends Component {
    static template = "yst_circulation.PassOnDialog";
    static components = { Dialog };
    static props = { close: Function, node: Number, people: Array, done: Function };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ chosen: {}, note: "", words: "", busy: false });
    }

    get shown() {
        const words = this.state.words.trim().toLowerCase();
        return this.props.people.filter((one) => one.name.toLowerCase().includes(words));
    }

    get open() {
        return this.shown.filter((one) => !one.has);
    }

    get ids() {
        return this.props.people.filter((one) => this.state.chosen[one.id]).map((one) => one.id);
    }

    get all() {
        return this.open.length && this.open.every((one) => this.state.chosen[one.id]);
    }

    toggleAll() {
        const chosen = !this.all;
        for (const one of this.open) {
            this.state.chosen[one.id] = chosen;
        }
    }

    async send() {
        this.state.busy = true;
        try {
            const count = await this.orm.call("yst.circulation.node", "action_pass_on", [
                [this.props.node],
                this.ids,
                this.state.note,
            ]);
            this.props.done(count);
            this.props.close();
        } finally {
            this.state.busy = false;
        }
    }
}
