const LONG_SIDE = 2400;
const QUALITY = 0.85;
const SMALL = 1024 * 1024;

/** Largest file that the server takes. */
export const MAX_BYTES = 25 * 1024 * 1024;

/**
 * A photo made small enough to send over a phone's connection: at most 2,400 pixels, upright,
 * without metadata. What the browser cannot decode (HEIC in most) or would not get smaller
 * goes as it is; the server decodes it.
 *
 * @param {File} file
 * @returns {Promise<{blob: Blob, name: string}>}
 */
export async function compress(file) {
    const untouched = { blob: file, name: file.name };
    if (!/^image\/(jpeg|png|webp|bmp)$/.test(file.type) || file.size < SMALL) {
        return untouched;
    }
    let bitmap;
    try {
        bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
    } catch {
        return untouched;
    }
    try {
        const scale = Math.min(1, LONG_SIDE / Math.max(bitmap.width, bitmap.height));
        const canvas = document.createElement("canvas");
        canvas.width = Math.max(1, Math.round(bitmap.width * scale));
        canvas.height = Math.max(1, Math.round(bitmap.height * scale));
        const context = canvas.getContext("2d");
        context.fillStyle = "white";
        context.fillRect(0, 0, canvas.width, canvas.height);
        context.imageSmoothingQuality = "high";
        context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
        const blob = await new Promise((resolve) =>
            canvas.toBlob(resolve, "image/jpeg", QUALITY)
        );
        if (!blob || blob.size >= file.size) {
            return untouched;
        }
        return { blob, name: file.name.replace(/\.[^.]*$/, "") + ".jpg" };
    } catch {
        return untouched;
    } finally {
        bitmap.close();
    }
}
