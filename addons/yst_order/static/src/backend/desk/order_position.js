import { Component } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/**
 * Where it is: on a phone a link that its own map application opens (RFC 5870, WGS-84), elsewhere
 * the position to copy. No page of another host is asked.
 */
export class OrderPosition extends Component {
    static template = "yst_order.OrderPosition";
    static props = { ...standardWidgetProps };

    setup() {
        this.notification = useService("notification");
    }

    get position() {
        const { latitude, longitude } = this.props.record.data;
        return `${latitude.toFixed(6)},${longitude.toFixed(6)}`;
    }

    get address() {
        const name = encodeURIComponent(this.props.record.data.name || "");
        const apple = /iPhone|iPad|iPod/.test(browser.navigator.userAgent);
        return apple
            ? `maps:?ll=${this.position}&q=${name}`
            : `geo:${this.position}?q=${this.position}(${name})`;
    }

    async copy() {
        try {
            await browser.navigator.clipboard.writeText(this.position);
            this.notification.add(_t("Position copied."), { type: "success" });
        } catch {
            this.notification.add(this.position, { sticky: true });
        }
    }
}

registry.category("view_widgets").add("yst_order_position", {
    component: OrderPosition,
    fieldDependencies: [
        { name: "latitude", type: "float" },
        { name: "longitude", type: "float" },
        { name: "name", type: "char" },
    ],
});
