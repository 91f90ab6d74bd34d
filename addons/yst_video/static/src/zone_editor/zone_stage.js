import { Component, useRef, useState } from "@odoo/owl";
import { added, inside, middle, moved, path } from "./shape";

const STEP = 0.005;

/**
 * A picture with zones over it; one of them can be drawn: a tap sets a point, points are dragged
 * with mouse, pen or finger, and moved with the arrow keys.
 */
export class ZoneStage extends Component {
    static template = "yst_video.ZoneStage";
    static props = {
        url: { type: [String, { value: null }], optional: true },
        zones: { type: Array, optional: true },
        points: { type: Array, optional: true },
        shape: { type: String, optional: true },
        labels: { type: Array, optional: true },
        readonly: { type: Boolean, optional: true },
        selected: { type: Number, optional: true },
        onSelect: { type: Function, optional: true },
        onChange: { type: Function, optional: true },
        wrong: { type: Boolean, optional: true },
    };
    static defaultProps = { zones: [], points: [], shape: "polygon", labels: [], selected: -1 };

    setup() {
        this.stage = useRef("stage");
        this.state = useState({ drag: null, ratio: 16 / 9 });
        this.path = path;
        this.middle = middle;
    }

    /** The points as they are now, the dragged one under the finger. */
    get shown() {
        const { drag } = this.state;
        return drag ? moved(this.props.points, drag.index, drag.point) : this.props.points;
    }

    onLoaded(ev) {
        const { naturalWidth, naturalHeight } = ev.target;
        if (naturalWidth && naturalHeight) {
            this.state.ratio = naturalWidth / naturalHeight;
        }
    }

    place(ev) {
        const box = this.stage.el.getBoundingClientRect();
        return inside((ev.clientX - box.left) / box.width, (ev.clientY - box.top) / box.height);
    }

    onStageClick(ev) {
        if (this.props.readonly || ev.target.closest(".o_yst_point")) {
            return;
        }
        const points = added(this.props.points, this.place(ev), this.props.shape);
        this.props.onChange(points);
        this.props.onSelect(points.findIndex((point) => !this.props.points.includes(point)));
    }

    onPointDown(ev, index) {
        if (this.props.readonly || ev.button > 0) {
            return;
        }
        ev.target.setPointerCapture(ev.pointerId);
        this.props.onSelect(index);
        this.state.drag = { index, point: this.props.points[index], moved: false };
    }

    onPointMove(ev) {
        if (this.state.drag) {
            this.state.drag.point = this.place(ev);
            this.state.drag.moved = true;
        }
    }

    onPointUp() {
        const { drag } = this.state;
        this.state.drag = null;
        if (drag?.moved) {
            this.props.onChange(moved(this.props.points, drag.index, drag.point));
        }
    }

    onPointCancel() {
        this.state.drag = null;
    }

    onPointKey(ev, index) {
        if (this.props.readonly) {
            return;
        }
        const steps = {
            ArrowLeft: [-STEP, 0],
            ArrowRight: [STEP, 0],
            ArrowUp: [0, -STEP],
            ArrowDown: [0, STEP],
        };
        const [x, y] = this.props.points[index];
        if (steps[ev.key]) {
            const [dx, dy] = steps[ev.key];
            this.props.onChange(moved(this.props.points, index, inside(x + dx, y + dy)));
        } else if (ev.key === "Delete" || ev.key === "Backspace") {
            this.props.onChange(this.props.points.filter((_point, i) => i !== index));
            this.props.onSelect(-1);
        } else {
            return;
        }
        ev.preventDefault();
        ev.stopPropagation();
    }
}
