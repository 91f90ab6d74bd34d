import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

/** A plain form whose buttons rest once it is sent, so that a double tap sends it once. */
export class SendOnce extends Interaction {
    static selector = ".yst_send_once";
    dynamicContent = {
        _root: { "t-on-submit": this.onSubmit },
        _window: { "t-on-pageshow": this.release },
    };

    setup() {
        document.documentElement.classList.add("yst_scripted");
        this.question = this.el.getAttribute("confirm");
    }

    onSubmit(ev) {
        if (this.sent || (this.question && !window.confirm(this.question))) {
            ev.preventDefault();
            return;
        }
        this.sent = true;
        this.el.setAttribute("aria-busy", "true");
    }

    release() {
        this.sent = false;
        this.el.removeAttribute("aria-busy");
    }
}

registry.category("public.interactions").add("yst_service.send_once", SendOnce);
