/**
 * Points of zones as fractions of width and height. Pure functions, the same rules as the server's.
 */

export const MOST = 60;
export const LEAST = { polygon: 3, line: 2, gauge: 2 };

const round = (value) => Math.round(Math.min(1, Math.max(0, value)) * 10000) / 10000;

/** A point inside the picture, to four places. */
export function inside(x, y) {
    return [round(x), round(y)];
}

function distanceToSide([x, y], [ax, ay], [bx, by]) {
    const dx = bx - ax;
    const dy = by - ay;
    const length = dx * dx + dy * dy;
    const along = length ? Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length)) : 0;
    return Math.hypot(x - ax - along * dx, y - ay - along * dy);
}

/** The points with one more: where it fits best, so that sides do not cross. */
export function added(points, point, shape) {
    if (shape === "gauge" && points.length >= 2) {
        const [first, second] = points;
        const nearer =
            Math.hypot(point[0] - first[0], point[1] - first[1]) <
            Math.hypot(point[0] - second[0], point[1] - second[1]);
        return nearer ? [point, second] : [first, point];
    }
    if (points.length >= MOST) {
        return points;
    }
    if (shape === "polygon" && points.length >= 3) {
        let best = 0;
        let least = Infinity;
        points.forEach((from, index) => {
            const distance = distanceToSide(point, from, points[(index + 1) % points.length]);
            if (distance < least) {
                least = distance;
                best = index;
            }
        });
        return [...points.slice(0, best + 1), point, ...points.slice(best + 1)];
    }
    return [...points, point];
}

/** The points with one of them elsewhere. */
export function moved(points, index, point) {
    return points.map((old, i) => (i === index ? point : old));
}

/** Where the name of a zone stands. */
export function middle(points) {
    const count = points.length || 1;
    return [
        points.reduce((sum, point) => sum + point[0], 0) / count,
        points.reduce((sum, point) => sum + point[1], 0) / count,
    ];
}

/** Points for an SVG of 100 × 100 that is stretched over the picture. */
export function path(points) {
    return points.map(([x, y]) => `${x * 100},${y * 100}`).join(" ");
}

/** Whether two sides of a polygon that are not neighbours cross. */
export function crosses(points) {
    const side = (p, q, r) =>
        Math.sign((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]));
    const count = points.length;
    for (let i = 0; i < count; i++) {
        for (let j = i + 2; j < count; j++) {
            if (i === 0 && j === count - 1) {
                continue;
            }
            const [a, b] = [points[i], points[(i + 1) % count]];
            const [c, d] = [points[j], points[(j + 1) % count]];
            if (side(a, b, c) !== side(a, b, d) && side(c, d, a) !== side(c, d, b)) {
                return true;
            }
        }
    }
    return false;
}
