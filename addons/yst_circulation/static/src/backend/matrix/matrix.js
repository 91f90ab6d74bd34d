import { Component, onWillStart, onWillUpdateProps, useState } from "@odoo/owl";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const FILTERS = [
    ["all", _t("All")],
    ["unread", _t("Unread")],
    ["open", _t("Open")],
    ["late", _t("Late")],
    ["done", _t("Done")],
];
const STATES = {
    unread: [_t("Unread"), "text-bg-secondary"],
    read: [_t("Read"), "text-bg-info"],
    handled: [_t("Done"), "text-bg-success"],
    returned: [_t("Sent back"), "text-bg-danger"],
};
const PAGE = 100;

/** Who has got an item, who has read and who has done it, level by level (逐级签收). */
export class Matrix extends Component {
    static template = "yst_circulation.Matrix";
    static props = { item: Number, parent: { type: [Number, Boolean], optional: true } };

    setup() {
        this.orm = useService("orm");
        this.filters = FILTERS;
        this.states = STATES;
        this.state = useState({ only: "all", rows: [], total: 0 });
        onWillStart(() => this.load(this.props));
        onWillUpdateProps((next) => this.load(next));
    }

    time(value) {
        return value ? deserializeDateTime(value).toFormat("MM-dd HH:mm") : "";
    }

    deputyText(row) {
        return row.replaces ? _t("replaced by %s", row.deputy) : _t("deputy: %s", row.deputy);
    }

    belowText(below) {
        return _t("Passed on: %(done)s of %(count)s done, %(unread)s unread", below);
    }

    async fetch(parent, offset = 0, props = this.props) {
        const level = await this.orm.call("yst.circulation.item", "get_matrix", [[props.item]], {
            parent: parent || null,
            only: this.state.only,
            limit: PAGE,
            offset,
        });
        for (const row of level.rows) {
            row.rows = null;
        }
        return level;
    }

    async load(props = this.props) {
        Object.assign(this.state, await this.fetch(props.parent, 0, props));
    }

    async loadMore() {
        const level = await this.fetch(this.props.parent, this.state.rows.length);
        this.state.rows.push(...level.rows);
    }

    show(only) {
        this.state.only = only;
        return this.load();
    }

    async toggle(row) {
        row.rows = row.rows ? null : (await this.fetch(row.id)).rows;
    }

    /** The rows that are shown, with their depth. */
    get lines() {
        const lines = [];
        const walk = (rows, depth) => {
            for (const row of rows) {
                lines.push({ row, depth });
                if (row.rows) {
                    walk(row.rows, depth + 1);
                }
            }
        };
        walk(this.state.rows, 0);
        return lines;
    }
}

/** The matrix on the form of an item. */
export class MatrixWidget extends Component {
    static template = "yst_circulation.MatrixWidget";
    static components = { Matrix };
    static props = { ...standardWidgetProps };
}

/** What lies below one node, for who passed the item on. */
export class MatrixAction extends Component {
    static template = "yst_circulation.MatrixAction";
    static components = { Matrix };
    static props = { ...standardActionServiceProps };
}

registry.category("view_widgets").add("yst_circulation_matrix", { component: MatrixWidget });
registry.category("actions").add("yst_circulation.matrix", MatrixAction);
