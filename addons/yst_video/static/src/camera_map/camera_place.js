/* global L */
import { Component, onWillStart, useEffect, useRef } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { cameraIcon, fromGround, makeMap, onGround } from "./leaflet_map";

const DIGITS = 1e6;

/** Where the camera stands and looks, on a small map in its form; dragging it writes the position. */
export class CameraPlace extends Component {
    static template = "yst_video.CameraPlace";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.element = useRef("map");
        onWillStart(async () => {
            this.ground = await this.orm.call("yst.video.camera", "map_ground", []);
        });
        useEffect(
            () => {
                this.map = makeMap(this.element.el, this.ground);
                return () => this.map.remove();
            },
            () => []
        );
        useEffect(
            () => this.draw(),
            () => {
                const { latitude, longitude, heading, view_angle, status } =
                    this.props.record.data;
                return [latitude, longitude, heading, view_angle, status, this.props.readonly];
            }
        );
    }

    draw() {
        const { latitude, longitude, heading, view_angle, status } = this.props.record.data;
        const position = onGround(this.ground, latitude, longitude);
        this.marker?.remove();
        this.marker = L.marker(position, {
            icon: cameraIcon({ heading, view_angle, status }),
            draggable: !this.props.readonly,
            keyboard: false,
        }).addTo(this.map);
        this.marker.on("dragend", () => {
            const [north, east] = fromGround(this.ground, this.marker.getLatLng());
            this.props.record.update({
                latitude: Math.round(north * DIGITS) / DIGITS,
                longitude: Math.round(east * DIGITS) / DIGITS,
            });
        });
        this.map.setView(position, this.map._loaded ? this.map.getZoom() : 16);
    }
}

registry.category("view_widgets").add("yst_camera_place", {
    component: CameraPlace,
    fieldDependencies: [
        { name: "latitude", type: "float" },
        { name: "longitude", type: "float" },
        { name: "heading", type: "integer" },
        { name: "view_angle", type: "integer" },
        { name: "status", type: "selection" },
    ],
});
