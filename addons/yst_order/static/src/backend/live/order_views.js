import { useEffect } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useBus, useService } from "@web/core/utils/hooks";
import { formView } from "@web/views/form/form_view";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { listView } from "@web/views/list/list_view";

/** Shows the orders of a list or kanban as they are now, unless the user is choosing some. */
function useLiveOrders(model) {
    useBus(model.env.bus, "YST_ORDER:CHANGED", async () => {
        const { root } = model;
        if (root && !root.selection?.length && !root.editedRecord) {
            await model.load();
        }
    });
}

class OrderKanbanController extends kanbanView.Controller {
    setup() {
        super.setup();
        useLiveOrders(this.model);
    }
}

class OrderListController extends listView.Controller {
    setup() {
        super.setup();
        useLiveOrders(this.model);
    }
}

class OrderFormController extends formView.Controller {
    setup() {
        super.setup();
        const live = useService("yst_order_live");
        useEffect(
            (id) => (id ? live.show(id) : undefined),
            () => [this.model.root.resId]
        );
        const reload = async ({ detail }) => {
            const { root } = this.model;
            if (root.resId && detail.ids.includes(root.resId) && !(await root.isDirty())) {
                await this.model.load();
            }
        };
        useBus(this.env.bus, "YST_ORDER:CHANGED", reload);
    }
}

registry.category("views").add("yst_order_kanban", {
    ...kanbanView,
    Controller: OrderKanbanController,
});
registry.category("views").add("yst_order_list", { ...listView, Controller: OrderListController });
registry.category("views").add("yst_order_form", { ...formView, Controller: OrderFormController });
