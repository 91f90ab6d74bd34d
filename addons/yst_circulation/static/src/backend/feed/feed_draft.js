import { reactive } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { user } from "@web/core/user";
import { session } from "@web/session";

const STORE = "yst_circulation.feed.draft";

/** Names a post or photo, so that what is sent twice arrives once. */
export function newKey() {
    const random = () => Math.random().toString(36).slice(2, 12);
    return `${Date.now().toString(36)}-${random()}${random()}`;
}

/** The post that is being written: it survives a cut network and a closed page. */
export function feedDraft() {
    const place = `${STORE}.${session.db}.${user.userId}`;
    const fresh = () => ({ key: newKey(), text: "", scope: null, area: null });
    let kept = null;
    try {
        kept = JSON.parse(browser.localStorage.getItem(place));
    } catch {
        kept = null; // a new one is begun
    }
    const draft = reactive({ ...fresh(), ...kept });
    function save() {
        try {
            browser.localStorage.setItem(place, JSON.stringify(draft));
        } catch {
            // a full or closed store: the page itself still holds the words
        }
    }
    return {
        values: draft,
        update(values) {
            Object.assign(draft, values);
            save();
        },
        /** Begins another post for the same people. */
        renew() {
            Object.assign(draft, { ...fresh(), scope: draft.scope, area: draft.area });
            save();
        },
    };
}
