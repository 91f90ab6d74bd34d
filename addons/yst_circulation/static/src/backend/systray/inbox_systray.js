import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";

/** The number of open items in the menu bar; opens the inbox. */
export class InboxSystray extends Component {
    static template = "yst_circulation.InboxSystray";
    static props = {};

    setup() {
        this.action = useService("action");
        this.counts = useState(useService("yst_circulation.inbox").counts);
    }

    get total() {
        return this.counts.todo + this.counts.toread;
    }

    get title() {
        return _t("To do: %(todo)s, to read: %(toread)s, late: %(late)s", this.counts);
    }

    open() {
        this.action.doAction("yst_circulation.action_inbox", { clearBreadcrumbs: true });
    }
}

registry
    .category("systray")
    .add("yst_circulation.inbox", { Component: InboxSystray }, { sequence: 30 });
