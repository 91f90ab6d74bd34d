/**
 * What was typed and has not reached the server, kept on the device until it has.
 *
 * Numbers of documents and phones are kept in the tab alone (sessionStorage) and vanish with
 * it, since a phone may pass through other hands; everything else is kept for a day.
 */

const PREFIX = "yst.draft.";
const DAY = 24 * 60 * 60 * 1000;

function read(storage, key) {
    try {
        const kept = JSON.parse(storage.getItem(PREFIX + key));
        return kept && Date.now() - kept.at < DAY ? kept : null;
    } catch {
        return null;
    }
}

function write(storage, key, values) {
    try {
        storage.setItem(PREFIX + key, JSON.stringify({ at: Date.now(), values }));
    } catch {
        // private mode or full: the reader is told that the draft is not saved anyway
    }
}

/** @returns {{at: number, values: Object}|null} */
export function restore(key) {
    const open = read(localStorage, key);
    const secret = read(sessionStorage, key);
    if (!open && !secret) {
        return null;
    }
    return {
        at: Math.max(open?.at || 0, secret?.at || 0),
        values: { ...open?.values, ...secret?.values },
    };
}

/**
 * @param {string} key
 * @param {Object} values by name of the entry
 * @param {string[]} secret names that stay in this tab
 */
export function keep(key, values, secret) {
    const open = {};
    const hidden = {};
    for (const [name, value] of Object.entries(values)) {
        (secret.includes(name) ? hidden : open)[name] = value;
    }
    write(localStorage, key, open);
    write(sessionStorage, key, hidden);
}

export function forget(key) {
    for (const storage of [localStorage, sessionStorage]) {
        try {
            storage.removeItem(PREFIX + key);
        } catch {
            // as above
        }
    }
}

/** Takes away what is older than a day or belongs to somebody else. */
export function tidy(owner) {
    try {
        for (const name of Object.keys(localStorage)) {
            if (!name.startsWith(PREFIX)) {
                continue;
            }
            const key = name.slice(PREFIX.length);
            if (!key.startsWith(`${owner}.`) || !read(localStorage, key)) {
                localStorage.removeItem(name);
            }
        }
    } catch {
        // as above
    }
}
