import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

import { forget, keep, restore, tidy } from "./backup";
import { compress } from "./compress";
import { isExpired, isUnreachable, sendForm } from "./request";

const PAUSE = 800;
const TRY_AGAIN = 15000;

/**
 * A form that saves itself while it is typed and never loses what was typed: what cannot reach
 * the server is kept on the device and put back when the page is opened again.
 *
 * data-save-url: where the draft goes (none: nothing is saved before it is sent)
 * data-key: name of the backup, begins with data-owner
 */
export class ApplyForm extends Interaction {
    static selector = ".yst_apply_form";
    dynamicContent = {
        _root: {
            "t-on-input": this.onInput,
            "t-on-change": this.onChange,
            "t-on-submit.prevent": this.onSubmit,
        },
        _window: {
            "t-on-online": this.saveNow,
            "t-on-pagehide": this.onLeave,
            "t-on-pageshow": this.onReturn,
        },
    };

    setup() {
        document.documentElement.classList.add("yst_scripted");
        this.saveUrl = this.el.dataset.saveUrl;
        this.key = this.el.dataset.key;
        this.typed = 0;
        this.saved = 0;
        this.saving = false;
        this.sending = false;
        this.saveSoon = this.debounced(this.saveNow, PAUSE);
        this.saveLater = this.debounced(this.saveNow, TRY_AGAIN);
    }

    start() {
        if (!this.key) {
            return;
        }
        tidy(this.el.dataset.owner);
        const kept = restore(this.key);
        if (kept && this.putBack(kept.values)) {
            this.say(_t("What you had typed before the connection broke has been put back."));
            this.typed++;
            this.saveNow();
        } else {
            forget(this.key);
        }
    }

    // ---------------------------------------------------------------- entries

    get fields() {
        return [...this.el.elements].filter(
            (el) => el.name && el.name !== "csrf_token" && !["file", "hidden"].includes(el.type)
        );
    }

    get secretNames() {
        return this.fields.filter((el) => "secret" in el.dataset).map((el) => el.name);
    }

    values() {
        const values = {};
        for (const el of this.fields) {
            if (el.type === "checkbox") {
                values[el.name] = el.checked;
            } else if (el.type !== "radio" || el.checked) {
                values[el.name] = el.value;
            }
        }
        return values;
    }

    /** @returns {boolean} whether that changed anything */
    putBack(values) {
        let changed = false;
        for (const el of this.fields) {
            if (!(el.name in values)) {
                continue;
            }
            const value = values[el.name];
            if (el.type === "checkbox" || el.type === "radio") {
                const checked = el.type === "radio" ? el.value === value : value === true;
                changed ||= el.checked !== checked;
                el.checked = checked;
            } else if (el.value !== value && value !== "") {
                changed = true;
                el.value = value;
            }
        }
        return changed;
    }

    form() {
        return new FormData(this.el);
    }

    // ---------------------------------------------------------------- saving

    onInput(ev) {
        this.typed++;
        this.showError(ev.target.name, "");
        if (this.key) {
            keep(this.key, this.values(), this.secretNames);
        }
        if (this.saveUrl) {
            this.saveSoon();
        }
    }

    onChange(ev) {
        if ("secret" in ev.target.dataset) {
            this.typed++;
            this.saveSoon();
        }
    }

    async saveNow() {
        if (!this.saveUrl || this.saving || this.sending || this.typed === this.saved) {
            return;
        }
        const version = this.typed;
        const form = this.form();
        for (const name of this.secretNames) {
            // half a number is no number
            if (document.activeElement?.name === name) {
                form.delete(name);
            }
        }
        this.saving = true;
        this.showSaved("saving", _t("Saving…"));
        const answer = await this.waitFor(sendForm(this.saveUrl, form));
        this.saving = false;
        if (answer.code === "ok") {
            this.saved = version;
            this.hideBanner();
            this.showSaved("saved", _t("Saved %s", answer.data.saved_at));
            for (const [name, message] of Object.entries(answer.data.errors || {})) {
                this.showError(name, message);
            }
            if (this.typed === version && !Object.keys(answer.data.errors || {}).length) {
                forget(this.key);
            } else if (this.typed !== version) {
                this.saveSoon();
            }
            return;
        }
        this.failed(answer);
        if (isUnreachable(answer)) {
            this.saveLater();
        }
    }

    failed(answer) {
        if (this.key) {
            keep(this.key, this.values(), this.secretNames);
        }
        this.showSaved("failed", _t("Not saved"));
        this.showBanner(answer);
    }

    onLeave() {
        if (this.saveUrl && this.typed !== this.saved && !this.sending) {
            navigator.sendBeacon(this.saveUrl, this.form());
        }
    }

    onReturn(ev) {
        if (ev.persisted) {
            // taken out of the browser's memory by the back button: it may be out of date
            window.location.reload();
        }
    }

    // ---------------------------------------------------------------- sending

    async onSubmit(ev) {
        if (this.sending) {
            return;
        }
        this.sending = true;
        this.busy(true);
        const form = this.form();
        if (ev.submitter?.name) {
            form.append(ev.submitter.name, ev.submitter.value);
        }
        await this.waitFor(this.addFiles(form));
        const answer = await this.waitFor(sendForm(this.el.action, form, { timeout: 180000 }));
        if (answer.code === "ok") {
            this.saved = this.typed;
            if (this.key) {
                forget(this.key);
            }
            // stays busy: a second tap finds nothing to press while the next page loads
            window.location.assign(answer.data.next);
            return;
        }
        this.sending = false;
        this.busy(false);
        const errors = answer.data?.errors || (answer.field && { [answer.field]: answer.message });
        if (errors) {
            this.showErrors(errors);
        } else {
            this.failed(answer);
        }
        // below the last entry of a long form it would go unseen
        this.el.querySelector(".yst_banner")?.scrollIntoView({ block: "center" });
    }

    /** Photos go along as small as those of the materials. */
    async addFiles(form) {
        for (const input of this.el.querySelectorAll("input[type=file]")) {
            form.delete(input.name);
            for (const file of input.files) {
                const { blob, name } = await compress(file);
                form.append(input.name, blob, name);
            }
        }
    }

    busy(is) {
        for (const button of this.el.querySelectorAll("button[type=submit]")) {
            button.disabled = is;
            button.toggleAttribute("aria-busy", is);
        }
    }

    // ---------------------------------------------------------------- telling

    showErrors(errors) {
        for (const el of this.el.querySelectorAll(".yst_error")) {
            el.textContent = "";
        }
        let first = null;
        for (const [name, message] of Object.entries(errors)) {
            if (!this.showError(name, message)) {
                this.showBanner({ message });
            }
            first ||= this.el.elements.namedItem(name);
        }
        first = first instanceof RadioNodeList ? first[0] : first;
        first?.focus();
    }

    /** @returns {boolean} whether there is a place for it beside the entry */
    showError(name, message) {
        const place = name && this.el.querySelector(`.yst_error[data-for="${CSS.escape(name)}"]`);
        if (!place) {
            return false;
        }
        place.textContent = message;
        for (const el of this.fields.filter((field) => field.name === name)) {
            el.toggleAttribute("aria-invalid", Boolean(message));
            if (message) {
                el.setAttribute("aria-invalid", "true");
            }
        }
        return true;
    }

    showSaved(state, text) {
        const place = this.el.querySelector(".yst_saved");
        if (place) {
            place.dataset.state = state;
            place.textContent = text;
        }
    }

    say(text) {
        const place = document.createElement("div");
        place.className = "alert alert-info";
        place.setAttribute("role", "status");
        place.textContent = text;
        this.el.prepend(place);
    }

    showBanner(answer) {
        const banner = this.banner();
        banner.append(answer.message);
        if (isExpired(answer)) {
            const link = document.createElement("a");
            link.className = "btn btn-danger mt-2";
            link.href = answer.loginUrl || window.location.href;
            link.textContent =
                answer.code === "session_expired" ? _t("Log in again") : _t("Load the page again");
            banner.append(document.createElement("br"), link);
        } else if (isUnreachable(answer) && this.saveUrl) {
            const button = document.createElement("button");
            button.type = "button";
            button.className = "btn btn-danger mt-2";
            button.textContent = _t("Try again");
            button.addEventListener("click", () => this.saveNow());
            banner.append(document.createElement("br"), button);
        }
    }

    banner() {
        this.hideBanner();
        const banner = document.createElement("div");
        banner.className = "yst_banner alert alert-danger mt-2";
        banner.setAttribute("role", "alert");
        this.el.append(banner);
        return banner;
    }

    hideBanner() {
        this.el.querySelector(".yst_banner")?.remove();
    }
}

registry.category("public.interactions").add("yst_service.apply_form", ApplyForm);
