import { Component, onWillUnmount, useEffect, useRef } from "@odoo/owl";
import { HEIGHT, drawStroke, penWidth } from "./ink";

const NEAR = 0.002; // widths: points nearer than that add nothing

/**
 * Where one writes with the finger or a pen (手写签批). The strokes belong to whoever shows the
 * pad: `changed` is told of every new list of them.
 */
export class SignaturePad extends Component {
    static template = "yst_document.SignaturePad";
    static props = { strokes: Array, changed: Function };

    setup() {
        this.canvas = useRef("canvas");
        this.stroke = null;
        this.last = null;
        this.penSeen = false;
        useEffect(
            () => this.redraw(),
            () => [this.props.strokes]
        );
        useEffect(
            (canvas) => {
                const observer = new ResizeObserver(() => this.redraw());
                observer.observe(canvas);
                this.observer = observer;
            },
            () => [this.canvas.el]
        );
        onWillUnmount(() => this.observer?.disconnect());
    }

    get context() {
        return this.canvas.el.getContext("2d");
    }

    redraw() {
        const { el } = this.canvas;
        const ratio = window.devicePixelRatio || 1;
        const width = Math.round(el.clientWidth * ratio);
        if (!width) {
            return;
        }
        if (el.width !== width) {
            el.width = width;
            el.height = Math.round(width * HEIGHT);
        }
        this.context.clearRect(0, 0, el.width, el.height);
        for (const stroke of this.props.strokes) {
            drawStroke(this.context, stroke, el.width);
        }
    }

    point(ev) {
        const box = this.canvas.el.getBoundingClientRect();
        const x = (ev.clientX - box.left) / box.width;
        const y = (ev.clientY - box.top) / box.width;
        const { last } = this;
        let speed = 0;
        if (last) {
            const far = Math.hypot(x - last.x, y - last.y);
            if (far < NEAR) {
                return null;
            }
            speed = far / Math.max(0.001, (ev.timeStamp - last.at) / 1000);
        }
        this.last = { x, y, at: ev.timeStamp };
        const round = (value) => Math.round(value * 1e4) / 1e4;
        return [round(x), round(y), round(penWidth(ev.pressure, speed))];
    }

    onDown(ev) {
        if (this.stroke || ev.button > 0) {
            return;
        }
        this.penSeen ||= ev.pointerType === "pen";
        if (this.penSeen && ev.pointerType === "touch") {
            return; // the hand that rests beside the pen
        }
        ev.preventDefault();
        try {
            this.canvas.el.setPointerCapture(ev.pointerId);
        } catch {
            // a pointer that is gone already: the stroke ends with its last point
        }
        this.pointer = ev.pointerId;
        this.last = null;
        this.stroke = [this.point(ev)];
        drawStroke(this.context, this.stroke, this.canvas.el.width);
    }

    onMove(ev) {
        if (!this.stroke || ev.pointerId !== this.pointer) {
            return;
        }
        const from = this.stroke.length;
        const events = ev.getCoalescedEvents?.() || [];
        for (const one of events.length ? events : [ev]) {
            const point = this.point(one);
            if (point) {
                this.stroke.push(point);
            }
        }
        drawStroke(this.context, this.stroke, this.canvas.el.width, from);
    }

    onUp(ev) {
        if (!this.stroke || ev.pointerId !== this.pointer) {
            return;
        }
        const { stroke } = this;
        this.stroke = null;
        this.props.changed([...this.props.strokes, stroke]);
    }
}
