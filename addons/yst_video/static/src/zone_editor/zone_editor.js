import { Component, useEffect, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { LEAST, crosses } from "./shape";
import { ageText, useStill } from "./still";
import { ZoneStage } from "./zone_stage";

const WHOLE = [
    [0.02, 0.02],
    [0.98, 0.02],
    [0.98, 0.98],
    [0.02, 0.98],
];

/** Draws the points of a zone on the camera's latest still; the other zones are shown with it. */
export class ZoneEditor extends Component {
    static template = "yst_video.ZoneEditor";
    static components = { ZoneStage };
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
        this.still = useStill();
        this.ageText = ageText;
        this.state = useState({ history: [], selected: -1, others: [] });
        useEffect(
            (id) => {
                this.follow(id);
            },
            () => [this.cameraId]
        );
    }

    /** Fetch picture and other zones when the camera becomes another one. */
    async follow(id) {
        this.state.others = [];
        if (!id) {
            return;
        }
        this.loadStill();
        const zones = await this.orm.searchRead(
            "yst.video.zone",
            [
                ["camera_id", "=", id],
                ["id", "!=", this.props.record.resId || 0],
            ],
            ["name", "shape", "points"]
        );
        if (id !== this.cameraId) {
            return; // another one was chosen meanwhile
        }
        this.state.others = zones.filter((zone) => Array.isArray(zone.points));
    }

    loadStill() {
        this.still.load(this.cameraId, "maintenance");
    }

    get cameraId() {
        return this.props.record.data.camera_id?.id || false;
    }

    get points() {
        const value = this.props.record.data[this.props.name];
        return Array.isArray(value) ? value : [];
    }

    get shape() {
        return this.props.record.data.shape || "polygon";
    }

    get labels() {
        if (this.shape !== "gauge") {
            return [];
        }
        const { gauge_low, gauge_high } = this.props.record.data;
        return [_t("%s m", gauge_low), _t("%s m", gauge_high)];
    }

    get hint() {
        return {
            polygon: _t("Tap the corners of the area; drag a point to move it."),
            line: _t("Tap the points of the line."),
            gauge: _t("Tap the lower and then the upper end of the gauge, and enter both readings."),
        }[this.shape];
    }

    get problem() {
        const count = this.points.length;
        if (this.shape === "gauge" && count > 2) {
            return _t("A gauge line has two points only.");
        }
        if (count && count < LEAST[this.shape]) {
            return _t("%s more points are needed.", LEAST[this.shape] - count);
        }
        if (this.shape === "polygon" && crosses(this.points)) {
            return _t("The sides cross each other: drag the points apart.");
        }
        return "";
    }

    select(index) {
        this.state.selected = index;
    }

    change(points) {
        this.state.history.push(this.points);
        this.write(points);
    }

    write(points) {
        return this.props.record.update({ [this.props.name]: points });
    }

    undo() {
        this.state.selected = -1;
        this.write(this.state.history.pop());
    }

    removePoint() {
        const index = this.state.selected;
        this.state.selected = -1;
        this.change(this.points.filter((_point, i) => i !== index));
    }

    clear() {
        this.state.selected = -1;
        this.change([]);
    }

    whole() {
        this.state.selected = -1;
        this.change(WHOLE);
    }
}

registry.category("fields").add("yst_zone_editor", {
    component: ZoneEditor,
    displayName: _t("Zone on a picture"),
    supportedTypes: ["json"],
    fieldDependencies: [
        { name: "camera_id", type: "many2one" },
        { name: "shape", type: "selection" },
        { name: "gauge_low", type: "float" },
        { name: "gauge_high", type: "float" },
    ],
});
