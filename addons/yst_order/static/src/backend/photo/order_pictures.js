import { Component, onWillUnmount, useEffect, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useBus, useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { orderGroup, useOrderCamera, usePictureViewer } from "./order_camera";

/** Keeps what the server shows of an order up to date while its form is open. */
function useOrderPictures(component, method) {
    const orm = useService("orm");
    const load = async () => {
        const id = component.props.record.resId;
        const pictures = id ? await orm.call("yst.order", method, [[id]]) : [];
        if (id === component.props.record.resId) {
            component.state.pictures = pictures;
        }
    };
    useEffect(
        () => {
            load();
        },
        () => {
            const { resId, data } = component.props.record;
            return [resId, data.state, data.may_actions];
        }
    );
    return load;
}

/** What the order is about, as its source saw it: the pictures of the alert, the report, … */
export class OrderSourcePictures extends Component {
    static template = "yst_order.OrderSourcePictures";
    static props = { ...standardWidgetProps };

    setup() {
        this.state = useState({ pictures: [] });
        this.view = usePictureViewer();
        useOrderPictures(this, "get_source_pictures");
    }
}

/** The evidence from the spot, photos that are still on their way, and the camera. */
export class OrderEvidence extends Component {
    static template = "yst_order.OrderEvidence";
    static props = { ...standardWidgetProps };

    setup() {
        this.state = useState({ pictures: [], problems: [] });
        this.view = usePictureViewer();
        this.camera = useOrderCamera(() => this.props.record.resId);
        const load = useOrderPictures(this, "get_evidence_pictures");
        useBus(this.env.bus, "YST_PHOTOS:SENT", async ({ detail }) => {
            if (detail.group === orderGroup(this.props.record.resId)) {
                this.state.problems = detail.answer.problems || [];
                await load();
            }
        });
        onWillUnmount(() => {
            this.state.problems = [];
        });
    }

    get mayTake() {
        return (this.props.record.data.may_actions || "").includes("|photo|");
    }

    takeAgain() {
        this.state.problems = [];
        this.camera.take();
    }
}

const fieldDependencies = [
    { name: "state", type: "selection" },
    { name: "may_actions", type: "char" },
];
registry.category("view_widgets").add("yst_order_source_pictures", {
    component: OrderSourcePictures,
    fieldDependencies,
});
registry.category("view_widgets").add("yst_order_evidence", {
    component: OrderEvidence,
    fieldDependencies,
});
