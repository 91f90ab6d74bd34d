import { browser } from "@web/core/browser/browser";

const KEY = "yst_document.opinion.";

/** An opinion that was written and not sent yet survives a lost connection and a closed page. */
export const opinionDraft = {
    load(key) {
        try {
            return JSON.parse(browser.localStorage.getItem(KEY + key)) || {};
        } catch {
            return {};
        }
    },
    save(key, values) {
        try {
            browser.localStorage.setItem(KEY + key, JSON.stringify(values));
        } catch {
            // a full or closed store: the page itself still holds it
        }
    },
    forget(key) {
        browser.localStorage.removeItem(KEY + key);
    },
};
