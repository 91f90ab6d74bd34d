import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

import { compress, MAX_BYTES } from "./compress";
import { isExpired, sendForm } from "./request";

const PAUSES = [1000, 3000, 8000];
const UPLOAD_TIMEOUT = 180000;

/**
 * The photos of one material: taken or chosen, made small, sent one after the other with a
 * progress bar, tried again when the connection breaks, shown with what the server says of them.
 */
export class MaterialUpload extends Interaction {
    static selector = ".yst_material";
    dynamicContent = {
        "input[type=file]": { "t-on-change": this.onPick },
        ".yst_photos": { "t-on-submit.prevent": this.onPhotoForm },
    };

    setup() {
        document.documentElement.classList.add("yst_scripted");
        this.list = this.el.querySelector(".yst_photos");
        this.form = this.el.querySelector("form.yst_upload");
        this.queue = Promise.resolve();
    }

    // ---------------------------------------------------------------- sending

    onPick(ev) {
        const files = [...ev.target.files];
        ev.target.value = "";
        this.showError("");
        for (const file of files) {
            const item = this.addItem(file);
            this.queue = this.queue.then(() => this.send(file, item));
        }
    }

    async send(file, item) {
        if (!file.size) {
            this.fail(item, _t("The file is empty. Choose another one."));
            return;
        }
        item.say(_t("Getting ready…"));
        const { blob, name } = await this.waitFor(compress(file));
        if (blob.size > MAX_BYTES) {
            this.fail(item, _t("The file is larger than 25 MB. Take the photo again, smaller."));
            return;
        }
        const form = new FormData();
        form.set("csrf_token", this.form.elements.csrf_token.value);
        form.set("line", this.form.elements.line.value);
        form.set("file", blob, name);
        for (const pause of [...PAUSES, null]) {
            item.say(_t("Sending…"));
            const answer = await this.waitFor(
                sendForm(this.form.action, form, {
                    onProgress: (share) => item.progress(share),
                    timeout: UPLOAD_TIMEOUT,
                })
            );
            if (answer.code === "ok") {
                this.showList(answer.data);
                item.el.remove();
                return;
            }
            if (answer.code !== "offline" || pause === null) {
                this.refused(file, item, answer);
                return;
            }
            item.say(_t("The connection broke. Trying again…"));
            await this.waitFor(new Promise((resolve) => setTimeout(resolve, pause)));
        }
    }

    refused(file, item, answer) {
        if (answer.code === "offline") {
            this.fail(item, _t("There is no connection; the photo has not been sent."), () =>
                this.send(file, item)
            );
        } else if (isExpired(answer)) {
            this.fail(item, answer.message, () => {
                window.location.href = answer.loginUrl;
            });
        } else {
            this.fail(item, answer.message);
        }
    }

    // ---------------------------------------------------------------- list

    /** A row for a file on its way; the server's own row takes its place. */
    addItem(file) {
        const el = document.createElement("li");
        el.className = "yst_sending";
        const thumb = document.createElement("span");
        thumb.className = "yst_thumb";
        if (/^image\/(jpeg|png|webp)$/.test(file.type)) {
            const img = document.createElement("img");
            img.alt = "";
            img.src = URL.createObjectURL(file);
            img.addEventListener("load", () => URL.revokeObjectURL(img.src));
            // no picture inside: no sign of a broken one either, the words say what is wrong
            img.addEventListener("error", () => img.remove());
            thumb.append(img);
        }
        const body = document.createElement("div");
        const name = document.createElement("div");
        name.className = "yst_photo_name";
        name.textContent = file.name;
        const bar = document.createElement("progress");
        bar.max = 1;
        bar.value = 0;
        const text = document.createElement("div");
        text.setAttribute("role", "status");
        text.className = "small";
        body.append(name, bar, text);
        el.append(thumb, body);
        this.list.append(el);
        return {
            el,
            bar,
            body,
            text,
            progress: (share) => {
                bar.value = share;
            },
            say: (message) => {
                text.textContent = message;
            },
        };
    }

    fail(item, message, retry) {
        item.el.classList.add("yst_failed");
        item.bar.hidden = true;
        item.text.className = "yst_error yst_photo_words";
        item.el.append(item.text);
        item.text.setAttribute("role", "alert");
        item.say(message);
        const button = document.createElement("button");
        button.type = "button";
        button.className = "btn btn-light";
        button.textContent = retry ? _t("Try again") : _t("Remove");
        button.addEventListener("click", () => {
            if (retry) {
                item.el.classList.remove("yst_failed");
                item.bar.hidden = false;
                item.text.className = "small";
                item.body.append(item.text);
                button.remove();
                retry();
            } else {
                item.el.remove();
            }
        });
        item.el.insertBefore(button, item.text);
    }

    /** Shows the rows as the server sees them now, those on their way stay below. */
    showList({ html, complete }) {
        const fresh = document.createElement("template");
        fresh.innerHTML = html;
        for (const el of this.list.querySelectorAll(":scope > li:not(.yst_sending)")) {
            el.remove();
        }
        this.list.prepend(fresh.content);
        this.el.classList.toggle("yst_complete", complete);
        // what was said to be missing may be there now
        document.querySelector(".yst_banner")?.remove();
    }

    /** Remove or straighten: small forms in the rows. */
    async onPhotoForm(ev) {
        const form = ev.target;
        const data = new FormData(form);
        if (this.working) {
            return;
        }
        this.working = true;
        for (const button of form.querySelectorAll("button")) {
            button.disabled = true;
        }
        const answer = await this.waitFor(sendForm(form.action, data));
        this.working = false;
        if (answer.code === "ok") {
            this.showError("");
            this.showList(answer.data);
            this.el.querySelector(".yst_pick input")?.focus();
        } else {
            for (const button of form.querySelectorAll("button")) {
                button.disabled = false;
            }
            this.showError(answer.message);
        }
    }

    showError(message) {
        this.el.querySelector(".yst_upload_error").textContent = message;
    }
}

registry.category("public.interactions").add("yst_service.material_upload", MaterialUpload);
