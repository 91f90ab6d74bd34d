import { Component, onWillStart, useEffect, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { isPicture, useEvidenceViewer } from "./evidence";

/** Evidence of a record as thumbnails that open large; `fields` are its many2many fields. */
export class EvidenceGallery extends Component {
    static template = "yst_service.EvidenceGallery";
    static props = { ...standardWidgetProps, fields: { type: Array } };

    setup() {
        this.orm = useService("orm");
        this.viewer = useEvidenceViewer();
        this.isPicture = isPicture;
        this.state = useState({ items: [] });
        onWillStart(() => this.load());
        useEffect(
            () => {
                this.load();
            },
            () => [this.ids.join()]
        );
    }

    get ids() {
        return this.props.fields.flatMap((name) => this.props.record.data[name]?.currentIds || []);
    }

    async load() {
        const ids = this.ids;
        this.state.items = ids.length
            ? await this.orm.call("yst.evidence", "get_gallery", [ids])
            : [];
    }
}

registry.category("view_widgets").add("yst_evidence_gallery", {
    component: EvidenceGallery,
    extractProps: ({ options }) => ({ fields: options.fields }),
    fieldDependencies: ({ options }) =>
        options.fields.map((name) => ({ name, type: "many2many" })),
});
