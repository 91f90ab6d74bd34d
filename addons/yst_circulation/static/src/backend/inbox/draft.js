import { browser } from "@web/core/browser/browser";

const KEY = "yst_circulation.draft.";

/** What was typed and not sent yet survives a lost connection and a closed page. */
export const draft = {
    load(node) {
        try {
            return JSON.parse(browser.localStorage.getItem(KEY + node)) || {};
        } catch {
            return {};
        }
    },
    save(node, values) {
        try {
            browser.localStorage.setItem(KEY + node, JSON.stringify(values));
        } catch {
            // a full or closed store: the page itself still holds the words
        }
    },
    forget(node) {
        browser.localStorage.removeItem(KEY + node);
    },
};
