import { Component, onWillStart, useRef, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { plays } from "../alert/alert_clip";
import { useRectangles } from "./rectangles";

const MODEL = "yst.video.footage.request";
const LEAST = 0.01; // of width and height: less is a slip of the finger

/**
 * Choosing a clip and what in it stays clear: rectangles that the operator draws. All else becomes
 * blocks.
 */
export class ClipDialog extends Component {
    static template = "yst_video.ClipDialog";
    static components = { Dialog };
    static props = { requestId: Number, onDone: Function, close: Function };

    setup() {
        this.orm = useService("orm");
        this.film = useRef("film");
        this.plays = plays;
        this.state = useState({
            clips: [],
            chosen: null,
            drawn: [],
            drawing: null,
            playing: false,
            busy: false,
            done: 0,
        });
        this.rectangles = useRectangles(this.state, LEAST);
        onWillStart(async () => {
            this.state.clips = await this.orm.call(MODEL, "footage_clips", [
                [this.props.requestId],
            ]);
            this.choose(this.state.clips[0]);
        });
    }

    choose(clip) {
        Object.assign(this.state, {
            chosen: clip || null,
            drawn: [],
            drawing: null,
            playing: false,
        });
    }

    /** The look is written down as one for this request. */
    url(clip) {
        return `/yst/video/clip/${clip.id}?footage=${this.props.requestId}`;
    }

    time(clip) {
        return formatDateTime(deserializeDateTime(clip.at));
    }

    seconds(clip) {
        return _t("%s seconds", Math.round(clip.seconds));
    }

    toggle() {
        const film = this.film.el;
        if (film.paused) {
            film.play();
        } else {
            film.pause();
        }
    }

    async save() {
        this.state.busy = true;
        try {
            await this.orm.call(MODEL, "footage_export_clip", [[this.props.requestId]], {
                clip_id: this.state.chosen.id,
                rectangles: this.state.drawn,
            });
            this.state.done += 1;
            await this.props.onDone();
        } finally {
            this.state.busy = false;
        }
    }
}
