import { Component, onWillStart, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { ageText, useStill } from "./still";
import { ZoneStage } from "./zone_stage";

/** The camera's latest still with its zones, in its form; fetched when asked for. */
export class CameraPicture extends Component {
    static template = "yst_video.CameraPicture";
    static components = { ZoneStage };
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.still = useStill();
        this.ageText = ageText;
        this.state = useState({ zones: [] });
        onWillStart(async () => {
            // what the look is recorded as
            this.purpose = (await user.hasGroup("yst_video.group_video_manager"))
                ? "maintenance"
                : (await user.hasGroup("yst_video.group_video_operator"))
                ? "duty"
                : "inspection";
        });
    }

    async show() {
        const id = this.props.record.resId;
        const [zones] = await Promise.all([
            this.orm.searchRead(
                "yst.video.zone",
                [["camera_id", "=", id]],
                ["name", "shape", "points"]
            ),
            this.still.load(id, this.purpose),
        ]);
        this.state.zones = zones.filter((zone) => Array.isArray(zone.points));
    }
}

registry.category("view_widgets").add("yst_camera_picture", { component: CameraPicture });
