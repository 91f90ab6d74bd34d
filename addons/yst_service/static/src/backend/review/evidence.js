import { useFileViewer } from "@web/core/file_viewer/file_viewer_hook";
import { _t } from "@web/core/l10n/translation";

/** What the server found hard to read in a photo, in words. */
export const PROBLEMS = {
    blurred: _t("blurred"),
    dark: _t("too dark"),
    small: _t("too small"),
};

/** Opens photos and documents large, one beside the other. */
export function useEvidenceViewer() {
    const viewer = useFileViewer();
    const asFile = (item) => ({
        name: item.name,
        displayName: item.name,
        isImage: item.mimetype.startsWith("image/"),
        isPdf: item.mimetype === "application/pdf",
        isViewable: true,
        defaultSource: `/yst/evidence/${item.id}`,
        downloadUrl: `/yst/evidence/${item.id}?download=1`,
    });
    return {
        open(item, items) {
            const files = items.map(asFile);
            viewer.open(files[items.indexOf(item)], files);
        },
    };
}

export function isPicture(item) {
    return item.mimetype.startsWith("image/");
}

export function problemText(item) {
    return item.problems.map((code) => PROBLEMS[code] || code).join(", ");
}

/** Reads files chosen by the user as base64. */
export function readFiles(files) {
    return Promise.all(
        [...files].map(
            (file) =>
                new Promise((resolve, reject) => {
                    const reader = new FileReader();
                    reader.onload = () =>
                        resolve({ name: file.name, data: reader.result.split(",", 2)[1] || "" });
                    reader.onerror = () => reject(reader.error);
                    reader.readAsDataURL(file);
                })
        )
    );
}

