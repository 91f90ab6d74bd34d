import { useRef, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { useFileViewer } from "@web/core/file_viewer/file_viewer_hook";
import { useService } from "@web/core/utils/hooks";

const POSITION = { enableHighAccuracy: true, timeout: 10000, maximumAge: 60000 };

/** Where the phone is (WGS-84), null where it does not or must not say. */
function position() {
    return new Promise((resolve) => {
        if (!browser.navigator.geolocation) {
            resolve(null);
            return;
        }
        browser.navigator.geolocation.getCurrentPosition(
            ({ coords }) => resolve({ latitude: coords.latitude, longitude: coords.longitude }),
            () => resolve(null),
            POSITION
        );
    });
}

/**
 * Takes photos for an order. The component's template holds the camera's input:
 * `<input type="file" t-ref="camera" t-on-change="camera.onTaken" …/>`
 */
export function useOrderCamera(orderId) {
    const input = useRef("camera");
    const queue = useService("yst_order_photos");
    const state = useState(queue.state);
    let place = null;
    return {
        state,
        get waiting() {
            return state.items.filter((item) => item.order === orderId());
        },
        take() {
            place = position(); // asked for while the camera is open
            input.el.value = "";
            input.el.click();
        },
        async onTaken(ev) {
            const order = orderId();
            const files = [...ev.target.files];
            const where = await (place || position());
            for (const file of files) {
                await queue.add(order, file, where);
            }
        },
        retry: (item) => queue.retry(item.key),
        discard: (item) => queue.discard(item.key),
    };
}

/** Opens pictures of this server large, one beside the other. */
export function usePictureViewer() {
    const viewer = useFileViewer();
    const asFile = (picture) => ({
        name: picture.name,
        displayName: picture.name,
        isImage: picture.picture,
        isPdf: picture.mimetype === "application/pdf",
        isViewable: true,
        defaultSource: picture.url,
        downloadUrl: picture.url,
    });
    return (picture, pictures) => {
        const files = pictures.map(asFile);
        viewer.open(files[pictures.indexOf(picture)], files);
    };
}
