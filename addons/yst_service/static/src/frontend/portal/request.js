import { _t } from "@web/core/l10n/translation";

/**
 * What came back from the server, or what kept it from coming back.
 *
 * code: "ok", "offline" (no answer), "session_expired", "page_expired" (the form is older than
 * the session), "too_large", "server" (it failed), or the code of a structured refusal.
 *
 * @typedef {{code: string, message: string, field: ?string, loginUrl: ?string, data: Object}} Answer
 */

const UNREACHABLE = ["offline", "server"];

/** Whether trying again later may help. */
export function isUnreachable(answer) {
    return UNREACHABLE.includes(answer.code);
}

/** Whether the reader has to log in or load the page anew first. */
export function isExpired(answer) {
    return ["session_expired", "page_expired"].includes(answer.code);
}

/**
 * Sends a form and reads the structured answer. Never rejects.
 *
 * @param {string} url
 * @param {FormData} form
 * @param {{onProgress?: (share: number) => void, timeout?: number}} options
 * @returns {Promise<Answer>}
 */
export function sendForm(url, form, { onProgress, timeout = 30000 } = {}) {
    return new Promise((resolve) => {
        const xhr = new XMLHttpRequest();
        xhr.open("POST", url);
        xhr.setRequestHeader("Accept", "application/json");
        xhr.timeout = timeout;
        if (onProgress) {
            xhr.upload.addEventListener("progress", (ev) => {
                if (ev.lengthComputable) {
                    onProgress(ev.loaded / ev.total);
                }
            });
        }
        const offline = () =>
            resolve({
                code: "offline",
                message: _t("There is no connection. What you typed is kept on this device."),
            });
        xhr.addEventListener("error", offline);
        xhr.addEventListener("timeout", offline);
        xhr.addEventListener("abort", offline);
        xhr.addEventListener("load", () => resolve(readAnswer(xhr)));
        xhr.send(form);
    });
}

function readAnswer(xhr) {
    let body = null;
    try {
        body = JSON.parse(xhr.responseText);
    } catch {
        // a page of the framework or of a proxy: the status alone counts
    }
    if (body?.error) {
        const { code, message, field, login_url: loginUrl } = body.error;
        return { code, message, field, loginUrl, data: body };
    }
    if (xhr.status >= 200 && xhr.status < 300 && body) {
        return { code: "ok", message: "", data: body };
    }
    if (xhr.status === 413) {
        return { code: "too_large", message: _t("The file is larger than 25 MB.") };
    }
    if (xhr.status === 400 || xhr.status === 401 || xhr.status === 403) {
        return {
            code: "page_expired",
            message: _t(
                "This page is out of date. What you typed is kept on this device: load the page" +
                    " again and go on where you stopped."
            ),
            loginUrl: window.location.pathname + window.location.search,
        };
    }
    return {
        code: "server",
        message: _t("The server could not do it just now. What you typed is kept on this device."),
    };
}
