import { Component, onWillDestroy, onWillStart, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { timeText } from "@yst_circulation/backend/inbox/reading";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { DocumentReading } from "./document_reading";

const FOLDERS = [
    ["approve", _t("To approve")],
    ["instruct", _t("To instruct")],
    ["work", _t("To handle")],
    ["done", _t("Handled")],
];
const EMPTY = {
    approve: _t("No document waits for your approval."),
    instruct: _t("No document waits for your instruction."),
    work: _t("No document waits for a step of yours."),
    done: _t("You have not handled a document yet."),
};

/** The documents that wait for the user (公文待办): read, agree, sign, instruct, on a phone. */
export class DocumentDesk extends Component {
    static template = "yst_document.Desk";
    static components = { DocumentReading };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.folders = FOLDERS;
        this.time = timeText;
        this.keepLast = new KeepLast();
        const params = this.props.action.params || {};
        this.state = useState({
            folder: params.folder || "approve",
            rows: [],
            counts: {},
            more: false,
            words: "",
            document: params.document || null,
            loading: true,
        });
        this.searchSoon = useDebounced(() => this.load(), 300);
        onWillStart(async () => {
            await this.load();
            const { counts } = this.state;
            const waiting = ["approve", "instruct", "work"].find((folder) => counts[folder]);
            if (!params.folder && waiting && !counts.approve) {
                await this.show(waiting);
            }
        });
        const bus = useService("bus_service");
        const soon = useDebounced(() => this.load(true), 1000);
        bus.subscribe("yst_circulation.changed", soon);
        onWillDestroy(() => bus.unsubscribe("yst_circulation.changed", soon));
    }

    get empty() {
        return this.state.words ? _t("Nothing is called like that.") : EMPTY[this.state.folder];
    }

    async fetch(offset, limit) {
        return this.keepLast.add(
            this.orm.call("yst.document", "get_desk", [this.state.folder], {
                search: this.state.words,
                offset,
                limit,
            })
        );
    }

    /** Load the folder's first page, or as much of it as is shown. */
    async load(all = false) {
        const limit = all ? Math.max(30, Math.min(this.state.rows.length, 200)) : 30;
        const { rows, more, counts } = await this.fetch(0, limit);
        Object.assign(this.state, { rows, more, counts, loading: false });
    }

    async loadMore() {
        const { rows, more } = await this.fetch(this.state.rows.length, 30);
        this.state.rows.push(...rows);
        this.state.more = more;
    }

    show(folder) {
        Object.assign(this.state, { folder, rows: [], loading: true, document: null });
        return this.load();
    }

    onSearch(ev) {
        this.state.words = ev.target.value;
        this.searchSoon();
    }

    open(document) {
        this.state.document = document;
    }

    close() {
        this.state.document = null;
        return this.load(true);
    }
}

registry.category("actions").add("yst_document.desk", DocumentDesk);
