/**
 * Where a name on a map has room. Pure functions; all in pixels.
 */

const CLEAR = 2; // kept between a name and what is beside it
const FARTHEST = 64; // a name farther from its place would belong to another
const STEP = 12;

function overlap(one, other) {
    return (
        one.left < other.right + CLEAR &&
        other.left < one.right + CLEAR &&
        one.top < other.bottom + CLEAR &&
        other.top < one.bottom + CLEAR
    );
}

/** Shifts of a name's upper left corner from its point, the nearest first. */
function shifts(width, height) {
    const found = [];
    for (let down = -FARTHEST; down <= FARTHEST; down += STEP) {
        for (let right = -FARTHEST; right <= FARTHEST; right += STEP) {
            found.push([right, down, Math.hypot(right, down * 1.5)]);
        }
    }
    found.sort((one, other) => one[2] - other[2]);
    return found.map(([right, down]) => [right - width / 2, down - height / 2]);
}

/**
 * The nearest place for a name that covers nothing.
 *
 * @param {{x, y, width, height}} name its point and its size
 * @param {{left, top, right, bottom}[]} taken what must stay visible
 * @returns {{dx, dy, box}|null} the shift of its corner from the point, null without room
 */
export function freeSpot({ x, y, width, height }, taken) {
    const reach = FARTHEST + width;
    const near = taken.filter(
        (box) => Math.abs((box.left + box.right) / 2 - x) < reach + (box.right - box.left) / 2 &&
            Math.abs((box.top + box.bottom) / 2 - y) < reach + (box.bottom - box.top) / 2
    );
    for (const [dx, dy] of shifts(width, height)) {
        const box = { left: x + dx, top: y + dy, right: x + dx + width, bottom: y + dy + height };
        if (!near.some((each) => overlap(box, each))) {
            return { dx: Math.round(dx), dy: Math.round(dy), box };
        }
    }
    return null;
}
