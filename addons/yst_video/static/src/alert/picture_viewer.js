import { onWillDestroy } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { router } from "@web/core/browser/router";
import { FileViewer } from "@web/core/file_viewer/file_viewer";
import { registry } from "@web/core/registry";

const shown = registry.category("main_components");
let last = 0;

/**
 * Pictures over the whole screen, closed by their button, by Escape and by “back”: on a phone
 * that is how a picture is left, and it must not leave the page below as well.
 */
export function usePictureViewer() {
    const id = `yst_video.picture_viewer${++last}`;
    let open = false;
    let leaving = false;

    function remove() {
        open = leaving = false;
        browser.removeEventListener("popstate", remove);
        browser.removeEventListener("keydown", onKey, { capture: true });
        shown.remove(id);
    }

    function close() {
        if (open && !leaving) {
            leaving = true;
            browser.history.back();
        }
    }

    /** The viewer itself hears the key only where it has the focus: not on touch screens. */
    function onKey(ev) {
        if (ev.key === "Escape") {
            ev.stopPropagation();
            ev.preventDefault();
            close();
        }
    }

    onWillDestroy(() => {
        if (open) {
            router.skipLoad = false;
            remove();
        }
    });

    return {
        /** Shows `files` (as the file viewer wants them), beginning with one of them. */
        open(files, startIndex) {
            if (open) {
                return;
            }
            open = true;
            browser.history.pushState(browser.history.state, "", browser.location.href);
            browser.addEventListener("popstate", remove);
            browser.addEventListener("keydown", onKey, { capture: true });
            router.skipLoad = true; // the next “back” is ours: the page below stays as it is
            shown.add(id, { Component: FileViewer, props: { files, startIndex, close } });
        },
    };
}
