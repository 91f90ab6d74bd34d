/**
 * Positions on maps: WGS-84 as stored, GCJ-02 for the tile servers that want it, and points on the
 * ground at a distance and direction. Degrees, metres. Pure functions.
 */

const AXIS = 6378245.0; // Krasovsky 1940, as GCJ-02 uses it
const FLATTENING = 0.00669342162296594323;
const METRES_A_DEGREE = 111320;

function shiftedLatitude(x, y) {
    let shift = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x));
    shift += ((20 * Math.sin(6 * x * Math.PI) + 20 * Math.sin(2 * x * Math.PI)) * 2) / 3;
    shift += ((20 * Math.sin(y * Math.PI) + 40 * Math.sin((y / 3) * Math.PI)) * 2) / 3;
    shift += ((160 * Math.sin((y / 12) * Math.PI) + 320 * Math.sin((y * Math.PI) / 30)) * 2) / 3;
    return shift;
}

function shiftedLongitude(x, y) {
    let shift = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x));
    shift += ((20 * Math.sin(6 * x * Math.PI) + 20 * Math.sin(2 * x * Math.PI)) * 2) / 3;
    shift += ((20 * Math.sin(x * Math.PI) + 40 * Math.sin((x / 3) * Math.PI)) * 2) / 3;
    shift += ((150 * Math.sin((x / 12) * Math.PI) + 300 * Math.sin((x / 30) * Math.PI)) * 2) / 3;
    return shift;
}

/** GCJ-02 of a WGS-84 position; outside China they are the same. */
export function toGcj02([latitude, longitude]) {
    if (longitude < 72.004 || longitude > 137.8347 || latitude < 0.8293 || latitude > 55.8271) {
        return [latitude, longitude];
    }
    const radians = (latitude / 180) * Math.PI;
    const magic = 1 - FLATTENING * Math.sin(radians) ** 2;
    const x = longitude - 105;
    const y = latitude - 35;
    const north =
        (shiftedLatitude(x, y) * 180) /
        (((AXIS * (1 - FLATTENING)) / (magic * Math.sqrt(magic))) * Math.PI);
    const east =
        (shiftedLongitude(x, y) * 180) /
        ((AXIS / Math.sqrt(magic)) * Math.cos(radians) * Math.PI);
    return [latitude + north, longitude + east];
}

/** WGS-84 of a GCJ-02 position, to a centimetre. */
export function fromGcj02(position) {
    let [latitude, longitude] = position;
    for (let round = 0; round < 5; round++) {
        const [north, east] = toGcj02([latitude, longitude]);
        latitude += position[0] - north;
        longitude += position[1] - east;
    }
    return [latitude, longitude];
}

/** A point so many metres away in a direction (degrees clockwise from north). */
export function away([latitude, longitude], direction, metres) {
    const radians = (direction / 180) * Math.PI;
    return [
        latitude + (metres * Math.cos(radians)) / METRES_A_DEGREE,
        longitude +
            (metres * Math.sin(radians)) /
                (METRES_A_DEGREE * Math.cos((latitude / 180) * Math.PI)),
    ];
}

/** An SVG path of the sector that a camera sees, around (0, 0), north up. */
export function wedge(heading, angle, radius) {
    const half = Math.min(Math.max(angle || 90, 1), 359) / 2;
    const end = (degrees) => {
        const radians = (degrees / 180) * Math.PI;
        return `${(radius * Math.sin(radians)).toFixed(1)} ${(-radius * Math.cos(radians)).toFixed(1)}`;
    };
    const large = half > 90 ? 1 : 0;
    return `M0 0 L${end(heading - half)} A${radius} ${radius} 0 ${large} 1 ${end(heading + half)} Z`;
}
