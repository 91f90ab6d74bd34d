/**
 * Ink drawn by hand, as data: strokes are lists of points [x, y, width], all three measured in
 * widths of the pad, so that they look the same on every screen and survive in the browser.
 */

/** The pad's height, in widths. */
export const HEIGHT = 0.55;
const THIN = 0.004;
const THICK = 0.016;
const PICTURE = 900; // pixels of the pad's width in the picture that is kept

/**
 * How wide the pen writes.
 *
 * @param {number} pressure of the finger or pen, 0 to 1; 0 or 0.5 where the screen cannot tell
 * @param {number} speed in widths a second: fast strokes are thin where there is no pressure
 */
export function penWidth(pressure, speed) {
    const force = pressure && pressure !== 0.5 && pressure !== 1 ? pressure : 1 - speed / 4;
    return THIN + (THICK - THIN) * Math.min(1, Math.max(0.15, force));
}

/** Draw a stroke, or what was added to it since point `from`. */
export function drawStroke(context, stroke, scale, from = 0) {
    context.lineCap = "round";
    context.lineJoin = "round";
    context.strokeStyle = context.fillStyle = "#111827";
    if (stroke.length === 1) {
        const [x, y, width] = stroke[0];
        context.beginPath();
        context.arc(x * scale, y * scale, (width * scale) / 2, 0, 2 * Math.PI);
        context.fill();
        return;
    }
    for (let at = Math.max(1, from); at < stroke.length; at++) {
        const [x0, y0] = stroke[at - 1];
        const [x1, y1, width] = stroke[at];
        context.lineWidth = width * scale;
        context.beginPath();
        context.moveTo(x0 * scale, y0 * scale);
        context.lineTo(x1 * scale, y1 * scale);
        context.stroke();
    }
}

/** The ink as a PNG (base64) without the empty border, or "" when there is none. */
export function inkPicture(strokes) {
    const points = strokes.flat();
    if (!points.length) {
        return "";
    }
    const margin = 0.02;
    const left = Math.max(0, Math.min(...points.map((point) => point[0])) - margin);
    const top = Math.max(0, Math.min(...points.map((point) => point[1])) - margin);
    const right = Math.min(1, Math.max(...points.map((point) => point[0])) + margin);
    const bottom = Math.min(HEIGHT, Math.max(...points.map((point) => point[1])) + margin);
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round((right - left) * PICTURE));
    canvas.height = Math.max(1, Math.round((bottom - top) * PICTURE));
    const context = canvas.getContext("2d");
    context.translate(-left * PICTURE, -top * PICTURE);
    for (const stroke of strokes) {
        drawStroke(context, stroke, PICTURE);
    }
    return canvas.toDataURL("image/png").split(",", 2)[1];
}
