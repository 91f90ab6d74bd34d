import { _t } from "@web/core/l10n/translation";
import { getDataURLFromFile } from "@web/core/utils/urls";

const MAX_FILE = 30 * 1024 * 1024;

/** Size of a file as people say it. */
export function sizeText(bytes) {
    if (bytes < 1024 * 1024) {
        return _t("%s KB", Math.max(1, Math.round(bytes / 1024)));
    }
    return _t("%s MB", (bytes / 1024 / 1024).toFixed(1));
}

/**
 * Read files that were chosen.
 *
 * @param {FileList} files
 * @returns {Promise<{read: {name: string, data: string, size: number}[], problems: string[]}>}
 */
export async function readFiles(files) {
    const read = [];
    const problems = [];
    for (const file of files) {
        if (!file.size) {
            problems.push(_t("“%s” is empty.", file.name));
        } else if (file.size > MAX_FILE) {
            problems.push(_t("“%s” is larger than 30 MB.", file.name));
        } else {
            const data = (await getDataURLFromFile(file)).split(",", 2)[1];
            read.push({ name: file.name, data, size: file.size });
        }
    }
    return { read, problems };
}
