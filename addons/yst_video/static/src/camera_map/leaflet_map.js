/**
 * Leaflet (served by this server) with the office's ground: tiles where a server is set, else
 * areas on a plain ground. No other host is asked unless the office has set one.
 */
/* global L */

import { _t } from "@web/core/l10n/translation";
import { fromGcj02, toGcj02, wedge } from "./coordinates";
import { freeSpot } from "./label_place";

export const COLOURS = {
    online: "#198754",
    offline: "#dc3545",
    maintenance: "#fd7e14",
    planned: "#6c757d",
    retired: "#adb5bd",
};

/** Words as they are, for where Leaflet takes HTML. */
function asHtml(words) {
    const element = document.createElement("span");
    element.textContent = words;
    return element.innerHTML;
}

/** A Leaflet map in an element, with its ground. */
export function makeMap(element, ground) {
    const map = L.map(element, {
        zoomControl: true,
        attributionControl: Boolean(ground.url),
        maxZoom: 19,
        minZoom: 10,
        zoomSnap: 0.5,
    });
    map.attributionControl?.setPrefix("");
    if (ground.url) {
        const attribution = asHtml(ground.copyright);
        L.tileLayer(ground.url, { maxZoom: 19, attribution }).addTo(map);
    }
    L.control.scale({ imperial: false }).addTo(map);
    map.zoomControl._zoomInButton.title = _t("Closer");
    map.zoomControl._zoomOutButton.title = _t("Further away");
    return map;
}

/** Where a WGS-84 position lies on the ground. */
export function onGround(ground, latitude, longitude) {
    const position = [latitude, longitude];
    return ground.url && ground.datum === "gcj02" ? toGcj02(position) : position;
}

/** The WGS-84 position of a point of the ground. */
export function fromGround(ground, { lat, lng }) {
    return ground.url && ground.datum === "gcj02" ? fromGcj02([lat, lng]) : [lat, lng];
}

/** Areas as outlines or, without one, as names at their centres. */
export function drawAreas(map, ground, areas) {
    const layer = L.layerGroup().addTo(map);
    for (const area of areas) {
        if (area.boundary) {
            L.geoJSON(JSON.parse(area.boundary), {
                coordsToLatLng: ([longitude, latitude]) =>
                    L.latLng(onGround(ground, latitude, longitude)),
                style: {
                    className: "o_yst_area",
                    weight: area.kind === "subdistrict" ? 3 : 1.5,
                    fill: false,
                },
                interactive: false,
            }).addTo(layer);
        }
        if (area.kind === "subdistrict" || !(area.latitude || area.longitude)) {
            continue;
        }
        const label = document.createElement("span");
        label.className = "o_yst_label";
        label.textContent = area.name;
        L.marker(onGround(ground, area.latitude, area.longitude), {
            icon: L.divIcon({ className: "o_yst_area_name", html: label, iconSize: null }),
            interactive: false,
            keyboard: false,
            zIndexOffset: -1000,
        }).addTo(layer);
    }
    return layer;
}

/** What labels keep clear of: bundles and dots of cameras. */
const SIGNS = ".o_yst_bundle, .o_yst_camera_sign circle";

/**
 * Puts the names of the areas where they cover neither a camera's sign nor each other, as near to
 * their centres as there is room; a name without room is hidden at this scale.
 */
export function arrangeAreas(map) {
    const pane = map.getPanes().markerPane;
    const labels = [...pane.querySelectorAll(".o_yst_label")];
    const taken = [...pane.querySelectorAll(SIGNS)].map((sign) => sign.getBoundingClientRect());
    const wanted = labels.map((label) => {
        const { left, top } = label.parentElement.getBoundingClientRect();
        return { x: left, y: top, width: label.offsetWidth, height: label.offsetHeight };
    });
    labels.forEach((label, index) => {
        const spot = freeSpot(wanted[index], taken);
        label.style.visibility = spot ? "visible" : "hidden";
        if (spot) {
            label.style.transform = `translate(${spot.dx}px, ${spot.dy}px)`;
            taken.push(spot.box);
        }
    });
}

/** The sign of a camera: a dot in the colour of its state, with the sector that it sees. */
export function cameraIcon(camera, chosen = false) {
    const colour = COLOURS[camera.status] || COLOURS.planned;
    const svg = `<svg viewBox="-30 -30 60 60" aria-hidden="true"><path d="${wedge(
        Number(camera.heading) || 0,
        Number(camera.view_angle) || 90,
        28
    )}" fill="${colour}" fill-opacity=".3" stroke="${colour}" stroke-opacity=".6"/><circle r="${
        chosen ? 9 : 7
    }" fill="${colour}" stroke="#fff" stroke-width="2"/></svg>`;
    return L.divIcon({ className: "o_yst_camera_sign", html: svg, iconSize: [60, 60] });
}

/** Markers of cameras, bundled where they lie close; bundles with an offline camera are red. */
export function cameraLayer(cameras, ground, onClick) {
    const group = L.markerClusterGroup({
        disableClusteringAtZoom: 17,
        maxClusterRadius: 45,
        showCoverageOnHover: false,
        spiderfyOnMaxZoom: false,
        chunkedLoading: true,
        iconCreateFunction: (bundle) => {
            const states = bundle.getAllChildMarkers().map((marker) => marker.options.camera.status);
            const count = document.createElement("span");
            count.textContent = states.length;
            const worst = ["offline", "maintenance", "online"].find((state) =>
                states.includes(state)
            );
            return L.divIcon({
                className: `o_yst_bundle o_yst_bundle_${worst || "planned"}`,
                html: count,
                iconSize: [38, 38],
            });
        },
    });
    const markers = new Map();
    for (const camera of cameras) {
        const marker = L.marker(onGround(ground, camera.latitude, camera.longitude), {
            icon: cameraIcon(camera),
            title: camera.name,
            alt: camera.name,
            camera,
        });
        marker.on("click", () => onClick(camera));
        markers.set(camera.id, marker);
    }
    group.addLayers([...markers.values()]);
    return { group, markers };
}
