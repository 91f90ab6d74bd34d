import { Component, onWillStart, useRef, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { humanSize } from "@web/core/utils/binary";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { ClipDialog } from "./footage_clip";
import { useRectangles } from "./rectangles";

const MODEL = "yst.video.footage.request";
const HEAD = 0.25; // as the server does it, to show beforehand
const MARGIN = 0.15;
const LEAST = 0.005; // of width and height: less is a tap

/** Reads a file as base64. */
function readFile(file) {
    return new Promise((resolve, reject) => {
        const reader = new FileReader();
        reader.onload = () => resolve(reader.result.split(",", 2)[1] || "");
        reader.onerror = () => reject(reader.error);
        reader.readAsDataURL(file);
    });
}

/** The part of a person's box that is made unrecognisable (see `blur.head_region`). */
export function headRegion(box) {
    const share = box.h > box.w ? HEAD : 1;
    return {
        x: box.x - box.w * MARGIN,
        y: box.y - (box.h * MARGIN) / 2,
        w: box.w * (1 + 2 * MARGIN),
        h: box.h * (share + MARGIN / 2),
    };
}

/**
 * Choosing a picture and what in it becomes unrecognisable: heads of the persons that were found,
 * and rectangles that the operator draws.
 */
export class BlurDialog extends Component {
    static template = "yst_video.BlurDialog";
    static components = { Dialog };
    static props = { requestId: Number, onDone: Function, close: Function };

    setup() {
        this.orm = useService("orm");
        this.headRegion = headRegion;
        this.state = useState({
            pictures: [],
            chosen: null,
            clear: [],
            drawn: [],
            drawing: null,
            busy: false,
            done: 0,
        });
        this.rectangles = useRectangles(this.state, LEAST, (...tap) => this.onTap(...tap));
        onWillStart(async () => {
            this.state.pictures = await this.orm.call(MODEL, "footage_pictures", [
                [this.props.requestId],
            ]);
            this.choose(this.state.pictures[0]);
        });
    }

    choose(picture) {
        Object.assign(this.state, { chosen: picture || null, clear: [], drawn: [], drawing: null });
    }

    /** The look is written down as one for this request. */
    url(picture, size) {
        const small = size ? `&size=${size}` : "";
        return `/yst/video/snapshot/${picture.id}?footage=${this.props.requestId}${small}`;
    }

    time(picture) {
        return formatDateTime(deserializeDateTime(picture.at));
    }

    toggle(index) {
        const clear = this.state.clear;
        this.state.clear = clear.includes(index)
            ? clear.filter((each) => each !== index)
            : [...clear, index];
    }

    /** A tap on a person's head: it stays clear, or no longer; on a rectangle: it goes. */
    onTap(x, y, moved) {
        const { drawn, chosen, clear } = this.state;
        const within = (box) =>
            x >= box.x && x <= box.x + box.w && y >= box.y && y <= box.y + box.h;
        const index = chosen.boxes.findIndex((box) => within(headRegion(box)));
        if (index >= 0) {
            this.toggle(index);
        } else if (clear.length + drawn.length && !moved) {
            this.state.drawn = drawn.filter((box) => !within(box));
        }
    }

    async save() {
        this.state.busy = true;
        try {
            await this.orm.call(MODEL, "footage_export", [[this.props.requestId]], {
                snapshot_id: this.state.chosen.id,
                rectangles: this.state.drawn,
                clear_boxes: this.state.clear,
            });
            this.state.done += 1;
            await this.props.onDone();
        } finally {
            this.state.busy = false;
        }
    }
}

/** Papers and files of a footage request, with their SHA-256. */
export class FootageFiles extends Component {
    static template = "yst_video.FootageFiles";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.input = useRef("input");
        this.state = useState({ operator: false });
        this.humanSize = humanSize;
        onWillStart(async () => {
            this.state.operator = await user.hasGroup("yst_video.group_video_operator");
        });
    }

    get files() {
        return this.props.record.data.file_list || [];
    }

    get step() {
        return this.props.record.data.state;
    }

    get mayAddPaper() {
        return this.state.operator && ["draft", "submitted", "approved"].includes(this.step);
    }

    get handedOutAlready() {
        return ["handed_out", "returned"].includes(this.step);
    }

    get mayExport() {
        return this.state.operator && this.step === "approved";
    }

    reload() {
        return this.props.record.load();
    }

    pictures() {
        return this.choose(BlurDialog);
    }

    clips() {
        return this.choose(ClipDialog);
    }

    async choose(dialog) {
        if (await this.props.record.save()) {
            this.dialog.add(dialog, {
                requestId: this.props.record.resId,
                onDone: () => this.reload(),
            });
        }
    }

    async add(handedOut) {
        if (await this.props.record.save()) {
            this.handedOut = handedOut;
            this.input.el.value = "";
            this.input.el.click();
        }
    }

    async onFile(ev) {
        for (const file of ev.target.files) {
            await this.orm.call(MODEL, "footage_add_file", [[this.props.record.resId]], {
                data_b64: await readFile(file),
                filename: file.name,
                export: this.handedOut,
            });
        }
        this.notification.add(_t("Added."), { type: "success" });
        await this.reload();
    }
}

registry.category("view_widgets").add("yst_video_footage_files", {
    component: FootageFiles,
    fieldDependencies: [
        { name: "file_list", type: "json" },
        { name: "state", type: "selection", selection: [] },
    ],
});
