import { Interaction } from "@web/public/interaction";
import { registry } from "@web/core/registry";
import { rpc } from "@web/core/network/rpc";
import { KeepLast } from "@web/core/utils/concurrency";

/** Suggestions under the search box. Without it the form still works. */
export class ServiceSearch extends Interaction {
    static selector = ".yst_search";
    dynamicContent = {
        "input[type='search']": {
            "t-on-input": this.debounced(this.onInput, 250),
            "t-on-keydown": this.onKeydown,
            "t-att-aria-expanded": () => String(this.open),
            "t-att-aria-activedescendant": () => this.activeId || undefined,
        },
        _root: {
            "t-on-focusout": this.onFocusout,
        },
    };

    setup() {
        this.keepLast = new KeepLast();
        this.inputEl = this.el.querySelector("input[type='search']");
        this.listEl = this.el.querySelector(".yst_search_list");
        this.asked = "";
        this.active = -1;
    }

    get open() {
        return !this.listEl.classList.contains("d-none");
    }

    get activeId() {
        return this.active >= 0 ? `yst_search_option_${this.active}` : "";
    }

    async onInput() {
        const query = this.inputEl.value.trim();
        this.asked = query;
        if (!query) {
            this.show([]);
            return;
        }
        let found;
        try {
            found = await this.waitFor(
                this.keepLast.add(rpc("/services/suggest", { q: query }, { silent: true }))
            );
        } catch {
            // Offline or the server is busy: the form's own button is still there.
            found = [];
        }
        if (query === this.asked) {
            this.show(found);
        }
    }

    /** @param {{name: string, url: string, category: string}[]} found */
    show(found) {
        this.active = -1;
        this.listEl.replaceChildren(
            ...found.map((item, index) => {
                const link = document.createElement("a");
                link.id = `yst_search_option_${index}`;
                link.href = item.url;
                link.role = "option";
                link.className = "list-group-item list-group-item-action";
                const name = document.createElement("span");
                name.textContent = item.name;
                const category = document.createElement("small");
                category.className = "text-muted";
                category.textContent = item.category;
                link.append(name, " ", category);
                return link;
            })
        );
        this.listEl.classList.toggle("d-none", !found.length);
        this.updateContent();
    }

    onKeydown(ev) {
        const options = [...this.listEl.children];
        if (!this.open || !options.length) {
            return;
        }
        if (ev.key === "ArrowDown" || ev.key === "ArrowUp") {
            ev.preventDefault();
            const step = ev.key === "ArrowDown" ? 1 : -1;
            this.active = (this.active + step + options.length) % options.length;
            options.forEach((option, index) => {
                option.classList.toggle("active", index === this.active);
                option.setAttribute("aria-selected", String(index === this.active));
            });
            options[this.active].scrollIntoView({ block: "nearest" });
        } else if (ev.key === "Enter" && this.active >= 0) {
            ev.preventDefault();
            options[this.active].click();
        } else if (ev.key === "Escape") {
            this.show([]);
        }
    }

    onFocusout(ev) {
        if (!this.el.contains(ev.relatedTarget)) {
            this.asked = "";
            this.show([]);
        }
    }
}

registry.category("public.interactions").add("yst_service.service_search", ServiceSearch);
