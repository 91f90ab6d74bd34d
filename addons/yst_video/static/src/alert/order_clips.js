import { Component, onWillUnmount, useEffect, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { AlertClip } from "./alert_clip";

/**
 * The clips of the alerts that led to an order, below its pictures: who goes there sees what has
 * happened. A clip comes half a minute after its alert, while the form may be open.
 */
export class OrderClips extends Component {
    static template = "yst_video.OrderClips";
    static components = { AlertClip };
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        const bus = useService("bus_service");
        this.state = useState({ alerts: [], clips: [] });
        useEffect(
            () => {
                this.load();
            },
            () => [this.props.record.resId, this.props.record.data.state]
        );
        const onAlert = (payload) => this.state.alerts.includes(payload.id) && this.load();
        bus.subscribe("yst_video.alert", onAlert);
        onWillUnmount(() => bus.unsubscribe("yst_video.alert", onAlert));
    }

    async load() {
        const id = this.props.record.resId;
        const found = id
            ? await this.orm.silent.call("yst.order", "get_source_clips", [[id]])
            : { alerts: [], clips: [] };
        if (id === this.props.record.resId) {
            Object.assign(this.state, found);
        }
    }
}

registry.category("view_widgets").add("yst_video_order_clips", {
    component: OrderClips,
    fieldDependencies: [{ name: "state", type: "selection" }],
});
