import { Component, onMounted, onWillDestroy, useExternalListener, useRef, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { router } from "@web/core/browser/router";
import { registry } from "@web/core/registry";

const shown = registry.category("main_components");
let last = 0;

/** Photos over the whole screen, one beside the other: swiped, or turned by keys and arrows. */
export class PhotoViewer extends Component {
    static template = "yst_base.PhotoViewer";
    static props = { photos: Array, start: Number, close: Function };

    setup() {
        this.strip = useRef("strip");
        this.state = useState({ at: this.props.start });
        onMounted(() => {
            this.strip.el.focus({ preventScroll: true });
            this.go(this.props.start, "instant");
        });
        useExternalListener(window, "keydown", (ev) => this.onKey(ev), { capture: true });
        useExternalListener(window, "resize", () => this.go(this.state.at, "instant"));
    }

    get photos() {
        return this.props.photos;
    }

    go(index, behavior = "smooth") {
        const { el } = this.strip;
        if (index >= 0 && index < this.photos.length) {
            el.scrollTo({ left: index * el.clientWidth, behavior });
        }
    }

    onScroll() {
        const { el } = this.strip;
        this.state.at = Math.round(el.scrollLeft / Math.max(1, el.clientWidth));
    }

    onKey(ev) {
        const turn = { ArrowLeft: -1, ArrowRight: 1 }[ev.key];
        if (ev.key === "Escape") {
            this.props.close();
        } else if (turn) {
            this.go(this.state.at + turn);
        } else {
            return;
        }
        ev.stopPropagation();
        ev.preventDefault();
    }
}

/**
 * Opens photos large. They are left by their button, by Escape and by “back”, which on a phone
 * must not leave the page below as well.
 *
 * @returns {(photos: {url: string, name?: string}[], start?: number) => void}
 */
export function usePhotoViewer() {
    const id = `yst_base.photo_viewer${++last}`;
    let open = false;
    let leaving = false;

    function remove() {
        open = leaving = false;
        browser.removeEventListener("popstate", remove);
        shown.remove(id);
    }

    function close() {
        if (open && !leaving) {
            leaving = true;
            browser.history.back();
        }
    }

    onWillDestroy(() => {
        if (open) {
            router.skipLoad = false;
            remove();
        }
    });

    return (photos, start = 0) => {
        if (open) {
            return;
        }
        open = true;
        browser.history.pushState(browser.history.state, "", browser.location.href);
        browser.addEventListener("popstate", remove);
        router.skipLoad = true; // the next “back” is ours: the page below stays as it is
        shown.add(id, { Component: PhotoViewer, props: { photos, start, close } });
    };
}
