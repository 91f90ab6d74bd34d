import {
    Component,
    onMounted,
    onPatched,
    onWillStart,
    onWillUnmount,
    useRef,
    useState,
} from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import {
    COLOURS,
    arrangeAreas,
    cameraIcon,
    cameraLayer,
    drawAreas,
    makeMap,
} from "./leaflet_map";

const REFRESH = 30000; // ms
const SETTLED = 350; // ms after which the bundles' own animation is over
const STATES = ["online", "offline", "maintenance", "planned"];

/** All cameras on a map: where they stand, where they look, how they are. */
export class CameraMap extends Component {
    static template = "yst_video.CameraMap";
    static props = {
        cameras: Array,
        areas: Array,
        ground: Object,
        chosen: { type: [Number, { value: false }], optional: true },
        onChoose: Function,
    };

    setup() {
        this.element = useRef("map");
        onMounted(() => {
            this.map = makeMap(this.element.el, this.props.ground);
            drawAreas(this.map, this.props.ground, this.props.areas);
            this.draw();
            this.fit();
            // bundles of cameras are drawn anew some frames after the map has come to rest
            this.map.on("zoomend moveend layeradd layerremove", () => this.arrangeSoon());
            this.arrangeSoon();
            this.observer = new ResizeObserver(() => this.map.invalidateSize());
            this.observer.observe(this.element.el);
        });
        onPatched(() => {
            if (this.drawn !== this.props.cameras) {
                this.draw();
            }
            this.mark();
        });
        onWillUnmount(() => {
            this.observer?.disconnect();
            this.map?.off();
            this.map?.remove();
            browser.clearTimeout(this.arranging); // last: what is removed says so, too
        });
    }

    /** Names find their places once the cameras' signs stand still. */
    arrangeSoon() {
        browser.clearTimeout(this.arranging);
        this.arranging = browser.setTimeout(() => arrangeAreas(this.map), SETTLED);
    }

    draw() {
        this.layer?.group.remove();
        this.drawn = this.props.cameras;
        this.marked = false;
        this.layer = cameraLayer(this.props.cameras, this.props.ground, (camera) =>
            this.props.onChoose(camera.id)
        );
        this.layer.group.addTo(this.map);
    }

    /** The chosen camera's sign is larger. */
    mark() {
        for (const id of new Set([this.marked, this.props.chosen])) {
            const marker = this.layer.markers.get(id);
            marker?.setIcon(cameraIcon(marker.options.camera, id === this.props.chosen));
        }
        this.marked = this.props.chosen;
    }

    fit() {
        const bounds = this.layer.group.getBounds();
        const points = this.props.areas
            .filter((area) => area.latitude || area.longitude)
            .map((area) => [area.latitude, area.longitude]);
        if (bounds.isValid()) {
            this.map.fitBounds(bounds, { padding: [24, 24], maxZoom: 17 });
        } else if (points.length) {
            this.map.fitBounds(points, { padding: [24, 24], maxZoom: 15 });
        } else {
            this.map.setView([35, 105], 10);
        }
    }
}

/** The page: map, filters, and a card of the chosen camera. */
export class CameraMapAction extends Component {
    static template = "yst_video.CameraMapAction";
    static components = { CameraMap };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.colours = COLOURS;
        this.states = STATES;
        this.state = useState({ hidden: [], kind: "", text: "", chosen: false, version: 0 });
        onWillStart(async () => {
            const [data, fields] = await Promise.all([
                this.orm.call("yst.video.camera", "map_data", []),
                this.orm.call("yst.video.camera", "fields_get", [["status", "kind"]]),
            ]);
            this.data = data;
            this.labels = Object.fromEntries(fields.status.selection);
            this.kinds = fields.kind.selection;
        });
        this.timer = setInterval(() => this.refresh(), REFRESH);
        onWillUnmount(() => clearInterval(this.timer));
    }

    /** The cameras that pass the filters; the same array until something changes. */
    get cameras() {
        const { hidden, kind, text, version } = this.state;
        const key = JSON.stringify([hidden, kind, text, version]);
        if (key !== this.key) {
            this.key = key;
            const words = text.trim().toLowerCase();
            this.filtered = this.data.cameras.filter(
                (camera) =>
                    !hidden.includes(camera.status) &&
                    (!kind || camera.kind === kind) &&
                    (!words ||
                        camera.name.toLowerCase().includes(words) ||
                        camera.area.toLowerCase().includes(words))
            );
        }
        return this.filtered;
    }

    get counts() {
        const counts = Object.fromEntries(STATES.map((state) => [state, 0]));
        for (const camera of this.data.cameras) {
            counts[camera.status] += this.state.version >= 0 ? 1 : 0;
        }
        return counts;
    }

    get shownText() {
        return _t("%(shown)s of %(all)s cameras", {
            shown: this.cameras.length,
            all: this.data.cameras.length,
        });
    }

    get chosen() {
        return this.data.cameras.find((camera) => camera.id === this.state.chosen);
    }

    get chosenWords() {
        const camera = this.chosen;
        const kind = this.kinds.find(([key]) => key === camera.kind)?.[1] || "";
        const last = camera.last_frame_at
            ? _t("last picture %s", formatDateTime(deserializeDateTime(camera.last_frame_at)))
            : _t("no picture yet");
        return { kind, last };
    }

    toggle(state) {
        const { hidden } = this.state;
        this.state.hidden = hidden.includes(state)
            ? hidden.filter((other) => other !== state)
            : [...hidden, state];
    }

    choose(id) {
        this.state.chosen = id;
    }

    open() {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "yst.video.camera",
            res_id: this.state.chosen,
            views: [[false, "form"]],
        });
    }

    async refresh() {
        if (document.hidden) {
            return;
        }
        const states = await this.orm.silent.call("yst.video.camera", "map_states", []);
        let changed = false;
        for (const camera of this.data.cameras) {
            const status = states[camera.id];
            if (status && status !== camera.status) {
                camera.status = status;
                changed = true;
            }
        }
        if (changed) {
            this.state.version++;
        }
    }
}

registry.category("actions").add("yst_video.camera_map", CameraMapAction);
