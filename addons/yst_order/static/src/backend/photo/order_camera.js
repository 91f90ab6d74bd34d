import { useRef, useState } from "@odoo/owl";
import { useFileViewer } from "@web/core/file_viewer/file_viewer_hook";
import { useService } from "@web/core/utils/hooks";
import { currentPosition } from "@yst_base/backend/photo/position";

/** What the photos of an order have in common on their way to the server. */
export const orderGroup = (id) => `yst.order,${id}`;

/**
 * Takes photos for an order. The component's template holds the camera's input:
 * `<input type="file" t-ref="camera" t-on-change="camera.onTaken" …/>`
 */
export function useOrderCamera(orderId) {
    const input = useRef("camera");
    const queue = useService("yst_photos");
    const state = useState(queue.state);
    let place = null;
    return {
        state,
        get waiting() {
            const group = orderGroup(orderId());
            return state.items.filter((item) => item.group === group);
        },
        take() {
            place = currentPosition(); // asked for while the camera is open
            input.el.value = "";
            input.el.click();
        },
        async onTaken(ev) {
            const order = orderId();
            const files = [...ev.target.files];
            const where = await (place || currentPosition());
            for (const file of files) {
                await queue.add({
                    group: orderGroup(order),
                    model: "yst.order",
                    method: "order_add_photo",
                    args: [[order]],
                    file,
                    position: where,
                });
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
