import { Component, markup, onWillStart, onWillUpdateProps, useState } from "@odoo/owl";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { draft } from "./draft";
import { readFiles, sizeText } from "./files";
import { PassOnDialog } from "./pass_on_dialog";

/** Time of the server, short and in the reader's zone. */
export function timeText(value) {
    return value ? deserializeDateTime(value).toFormat("yyyy-MM-dd HH:mm") : "";
}

/** One item as its reader sees it, with the one thing that is wanted of them (阅办). */
export class Reading extends Component {
    static template = "yst_circulation.Reading";
    static props = { node: Number, open: Function, changed: Function };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.time = timeText;
        this.size = sizeText;
        this.state = useState({ item: null, problem: "", busy: false, text: "", values: {}, files: [] });
        onWillStart(() => this.load(this.props.node));
        onWillUpdateProps((next) => next.node !== this.props.node && this.load(next.node));
    }

    async load(node) {
        const reload = this.state.item?.id === node;
        Object.assign(this.state, { problem: "", files: [] });
        if (!reload) {
            this.state.item = null;
        }
        this.wanted = node;
        try {
            const item = await this.orm.call("yst.circulation.node", "get_reading", [[node]]);
            if (this.wanted !== node) {
                return; // another one was opened meanwhile
            }
            const kept = draft.load(node);
            this.body = markup(item.body);
            Object.assign(this.state, {
                item,
                text: kept.text ?? item.answer_text,
                values: kept.values ?? { ...item.answer_values },
            });
        } catch (error) {
            if (!error.data) {
                throw error;
            }
            this.state.problem = error.data.message;
        }
        this.props.changed();
    }

    /** Sentences about the item that hold names and numbers. */
    get words() {
        const { item } = this.state;
        return {
            replaced: _t("%s does it for you", item.replaced_by),
            corrected: _t("Open the corrected version “%s”", item.corrected_by.name),
            corrects: _t("This corrects “%s”.", item.corrects),
            passed: _t("%s has passed this on to you.", item.passed_on_by),
            tree: _t("Passed on to %s people: see who has read it", item.passed_on),
        };
    }

    get canAct() {
        const { item } = this.state;
        return item.open && item.mine && item.wanted !== "read";
    }

    keep() {
        draft.save(this.props.node, { text: this.state.text, values: this.state.values });
    }

    async act(method, args, words) {
        this.state.busy = true;
        try {
            await this.orm.call("yst.circulation.node", method, [[this.props.node], ...args]);
            draft.forget(this.props.node);
            this.notification.add(words, { type: "success" });
            await this.load(this.props.node);
        } finally {
            this.state.busy = false;
        }
    }

    confirm() {
        return this.act("action_confirm", [], _t("Confirmed"));
    }

    reply() {
        return this.act("action_reply", [this.state.text], _t("Your reply has been sent"));
    }

    fill() {
        return this.act("action_fill", [this.state.values], _t("Your table has been sent"));
    }

    returnFiles() {
        const files = this.state.files.map(({ name, data }) => ({ name, data }));
        return this.act("action_return_file", [files, this.state.text], _t("Your files have been sent"));
    }

    async chooseFiles(ev) {
        const { read, problems } = await readFiles(ev.target.files);
        this.state.files.push(...read);
        ev.target.value = "";
        for (const problem of problems) {
            this.notification.add(problem, { type: "warning" });
        }
    }

    dropFile(index) {
        this.state.files.splice(index, 1);
    }

    async passOn() {
        const people = await this.orm.call("yst.circulation.node", "get_pass_on_people", [
            [this.props.node],
        ]);
        this.dialog.add(PassOnDialog, {
            node: this.props.node,
            people,
            done: (count) => {
                this.notification.add(_t("Passed on to %s people", count), { type: "success" });
                this.load(this.props.node);
            },
        });
    }

    showTree() {
        this.action.doAction({
            type: "ir.actions.client",
            tag: "yst_circulation.matrix",
            name: _t("Who has read it"),
            params: { item: this.state.item.item, parent: this.state.item.id },
        });
    }

    openSource() {
        this.action.doAction(this.state.item.source);
    }
}
