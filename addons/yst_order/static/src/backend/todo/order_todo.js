import { Component, onMounted, onWillUnmount, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useBus, useService } from "@web/core/utils/hooks";

const REFRESH = 10 * 60 * 1000; // what becomes overdue is announced by nobody

/** In the bar above: how many orders wait for the user, and for what. */
export class OrderTodo extends Component {
    static template = "yst_order.OrderTodo";
    static components = { Dropdown, DropdownItem };
    static props = {};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ cadre: false, total: 0, urgent: false, rows: [] });
        onMounted(async () => {
            this.state.cadre = await user.hasGroup("yst_base.group_cadre");
            await this.load();
            this.timer = browser.setInterval(() => this.load(), REFRESH);
        });
        onWillUnmount(() => browser.clearInterval(this.timer));
        useBus(this.env.bus, "YST_ORDER:CHANGED", () => this.load());
    }

    async load() {
        if (!this.state.cadre) {
            return;
        }
        try {
            Object.assign(this.state, await this.orm.silent.call("yst.order", "get_todo", []));
        } catch {
            // without a network the last figure stays; the next change asks again
        }
    }

    open(row) {
        this.action.doAction("yst_order.action_order_todo", {
            additionalContext: row ? { [`search_default_${row.filter}`]: 1 } : {},
            clearBreadcrumbs: true,
        });
    }
}

registry.category("systray").add("yst_order.todo", { Component: OrderTodo }, { sequence: 30 });
