import { useRef } from "@odoo/owl";

/**
 * Rectangles drawn over a picture with finger, pen or mouse, in fractions of it.
 *
 * @param state with `drawn`, the rectangles, and `drawing`, the one that is being drawn
 * @param {number} least of width and height: less is a slip of the finger
 * @param {Function} [onTap] is called with x and y where nothing was drawn, and with whether
 *     the finger moved
 * @returns handlers for the element that has `t-ref="frame"`
 */
export function useRectangles(state, least, onTap = () => {}) {
    const frame = useRef("frame");
    let from = null;

    function place(ev) {
        const { left, top, width, height } = frame.el.getBoundingClientRect();
        const within = (value) => Math.min(1, Math.max(0, value));
        return [within((ev.clientX - left) / width), within((ev.clientY - top) / height)];
    }

    return {
        onDown(ev) {
            ev.preventDefault();
            frame.el.setPointerCapture(ev.pointerId);
            from = place(ev);
        },
        onMove(ev) {
            if (from) {
                const [x, y] = place(ev);
                const [left, top] = from;
                state.drawing = {
                    x: Math.min(x, left),
                    y: Math.min(y, top),
                    w: Math.abs(x - left),
                    h: Math.abs(y - top),
                };
            }
        },
        onUp() {
            const { drawing, drawn } = state;
            if (drawing && drawing.w > least && drawing.h > least) {
                state.drawn = [...drawn, drawing];
            } else if (from) {
                onTap(...from, Boolean(drawing));
            }
            from = null;
            state.drawing = null;
        },
        undo() {
            state.drawn = state.drawn.slice(0, -1);
        },
    };
}
