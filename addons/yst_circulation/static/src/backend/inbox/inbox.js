import { Component, onMounted, onWillDestroy, onWillStart, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { Reading, timeText } from "./reading";

const FOLDERS = [
    ["todo", _t("To do")],
    ["toread", _t("To read")],
    ["done", _t("Done")],
    ["read", _t("Read")],
];
const EMPTY = {
    todo: _t("Nothing to do. What is sent to you appears here by itself."),
    toread: _t("Nothing unread."),
    done: _t("You have not answered anything yet."),
    read: _t("You have not read anything yet."),
};

/** What others have sent to the user: 待办 待阅 已办 已阅. Made for the phone; wide screens show
 *  the list and the item side by side. */
export class Inbox extends Component {
    static template = "yst_circulation.Inbox";
    static components = { Reading };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.ui = useState(useService("ui"));
        this.inbox = useService("yst_circulation.inbox");
        this.action = useService("action");
        this.counts = useState(this.inbox.counts);
        this.folders = FOLDERS;
        this.time = timeText;
        this.keepLast = new KeepLast();
        const params = this.props.action.params || {};
        this.state = useState({
            folder: params.folder || "todo",
            rows: [],
            more: false,
            words: "",
            node: params.node || null,
            loading: true,
        });
        this.searchSoon = useDebounced(() => this.load(), 300);
        onWillStart(async () => {
            await this.load();
            if (!params.folder && !this.state.rows.length && this.counts.toread) {
                await this.show("toread");
            }
        });
        // not before it is mounted: a second load would leave the first one waiting for ever
        let stop = () => {};
        onMounted(() => (stop = this.inbox.onChange(() => this.load(true))));
        onWillDestroy(() => stop());
    }

    get empty() {
        return this.state.words ? _t("Nothing is called like that.") : EMPTY[this.state.folder];
    }

    count(folder) {
        return this.counts[folder] || 0;
    }

    /** Load the folder's first page, or as much of it as is shown. */
    async load(all = false) {
        const limit = all ? Math.max(30, Math.min(this.state.rows.length, 200)) : 30;
        const page = await this.keepLast.add(
            this.orm.call("yst.circulation.node", "get_inbox", [this.state.folder], {
                search: this.state.words,
                limit,
            })
        );
        Object.assign(this.state, { rows: page.rows, more: page.more, loading: false });
        Object.assign(this.counts, page.counts, { known: true });
    }

    async loadMore() {
        const page = await this.keepLast.add(
            this.orm.call("yst.circulation.node", "get_inbox", [this.state.folder], {
                search: this.state.words,
                offset: this.state.rows.length,
            })
        );
        this.state.rows.push(...page.rows);
        this.state.more = page.more;
    }

    show(folder) {
        Object.assign(this.state, { folder, rows: [], loading: true, node: null });
        return this.load();
    }

    onSearch(ev) {
        this.state.words = ev.target.value;
        this.searchSoon();
    }

    open(node) {
        this.state.node = node;
    }

    close() {
        this.state.node = null;
        this.load(true);
    }

    compose() {
        this.action.doAction("yst_circulation.action_item_compose");
    }
}

registry.category("actions").add("yst_circulation.inbox", Inbox);
