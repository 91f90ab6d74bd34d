/**
 * The latest still of a camera. The server writes down that it was looked at, and why.
 */

import { onWillUnmount, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";

/** Age in words. */
export function ageText(seconds) {
    if (seconds < 90) {
        return _t("%s seconds ago", Math.round(seconds));
    }
    if (seconds < 5400) {
        return _t("%s minutes ago", Math.round(seconds / 60));
    }
    if (seconds < 172800) {
        return _t("%s hours ago", Math.round(seconds / 3600));
    }
    return _t("%s days ago", Math.round(seconds / 86400));
}

/** State {url, age, problem, busy} and `load(cameraId, purpose)`. */
export function useStill() {
    const state = useState({ url: null, age: null, problem: "", busy: false });

    function forget() {
        if (state.url) {
            URL.revokeObjectURL(state.url);
            state.url = null;
        }
    }

    async function load(cameraId, purpose) {
        state.busy = true;
        state.problem = "";
        try {
            const response = await fetch(`/yst/video/still/${cameraId}?purpose=${purpose}`, {
                cache: "no-store",
            });
            if (!response.ok) {
                state.problem =
                    response.status === 404
                        ? _t("The bridge has sent no picture of this camera yet.")
                        : _t("The picture could not be fetched (%s).", response.status);
                return;
            }
            forget();
            state.url = URL.createObjectURL(await response.blob());
            state.age = Number(response.headers.get("X-Age")) || 0;
        } catch {
            state.problem = _t("The picture could not be fetched: no connection.");
        } finally {
            state.busy = false;
        }
    }

    onWillUnmount(forget);
    return { state, load };
}
