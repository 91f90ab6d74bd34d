import { Component, onWillStart, onWillUnmount, useEffect, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { formatDateTime } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { usePictureViewer } from "./picture_viewer";
import { AlertClip } from "./alert_clip";

const { DateTime } = luxon;

/** Moment of a picture in the reader's own time. */
export function pictureTime(milliseconds) {
    return formatDateTime(DateTime.fromMillis(milliseconds));
}

/** Points of a zone as an SVG wants them. */
export function svgPoints(points) {
    return points.map(([x, y]) => `${x},${y}`).join(" ");
}

/** The pictures of an alert, with what was found in each drawn over it. */
export class AlertPicture extends Component {
    static template = "yst_video.AlertPicture";
    static components = { AlertClip };
    static props = { ...standardWidgetProps, alertField: { type: String, optional: true } };

    setup() {
        this.orm = useService("orm");
        this.bus = useService("bus_service");
        this.viewer = usePictureViewer();
        this.svgPoints = svgPoints;
        this.time = pictureTime;
        this.state = useState({ pictures: [], zones: [], clip: null, shown: 0, overlay: true });
        onWillStart(() => this.load());
        useEffect(
            () => {
                this.load();
            },
            () => [this.alertId]
        );
        const onAlert = (payload) => payload.id === this.alertId && this.load();
        this.bus.subscribe("yst_video.alert", onAlert);
        onWillUnmount(() => this.bus.unsubscribe("yst_video.alert", onAlert));
    }

    get alertId() {
        const { record, alertField } = this.props;
        return alertField ? record.data[alertField]?.id : record.resId;
    }

    async load() {
        const id = this.alertId;
        if (!id || id === this.loading) {
            return;
        }
        this.loading = id;
        try {
            const found = await this.orm.silent.call("yst.video.alert", "desk_pictures", [[id]]);
            const latest = found.pictures.length - 1;
            Object.assign(this.state, found, { shown: latest });
        } finally {
            this.loading = null;
        }
    }

    get current() {
        return this.state.pictures[this.state.shown];
    }

    /** As wide as it may be without being higher than most of the screen. */
    get frame() {
        const { width, height } = this.current;
        const ratio = width && height ? width / height : 16 / 9;
        return `aspect-ratio: ${ratio}; width: min(100%, ${(50 * ratio).toFixed(1)}vh)`;
    }

    url(picture, size) {
        return `/yst/video/snapshot/${picture.id}${size ? `?size=${size}` : ""}`;
    }

    show(index) {
        this.state.shown = index;
    }

    toggle() {
        this.state.overlay = !this.state.overlay;
    }

    enlarge() {
        const files = this.state.pictures.map((picture) => ({
            name: pictureTime(picture.at),
            displayName: pictureTime(picture.at),
            isImage: true,
            isViewable: true,
            defaultSource: this.url(picture),
            downloadUrl: this.url(picture),
        }));
        this.viewer.open(files, this.state.shown);
    }

    get label() {
        return _t("Picture %(number)s of %(total)s", {
            number: this.state.shown + 1,
            total: this.state.pictures.length,
        });
    }
}

registry.category("view_widgets").add("yst_video_alert_picture", {
    component: AlertPicture,
    extractProps: ({ options }) => ({ alertField: options.alert_field }),
});
