import { reactive } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";

const JITTER = 3000; // ms: a notice to thousands does not bring all their questions at once

/**
 * How much the user has to do and to read (待办、待阅), kept up to date through the bus. Screens
 * that show the inbox are told by `onChange`.
 */
export const inboxService = {
    dependencies: ["bus_service", "orm"],

    start(env, { bus_service: bus, orm }) {
        const counts = reactive({ todo: 0, toread: 0, late: 0, known: false });
        const listeners = new Set();
        let waiting = null;

        async function refresh() {
            waiting = null;
            try {
                Object.assign(
                    counts,
                    await orm.silent.call("yst.circulation.node", "get_counts", []),
                    { known: true }
                );
            } catch {
                return; // the next change or page asks again
            }
            for (const listener of listeners) {
                listener();
            }
        }

        function refreshSoon() {
            waiting ??= browser.setTimeout(refresh, Math.random() * JITTER);
        }

        user.hasGroup("yst_base.group_cadre").then((cadre) => {
            if (!cadre) {
                return;
            }
            bus.subscribe("yst_circulation.changed", refreshSoon);
            bus.addEventListener("BUS:RECONNECT", refreshSoon);
            refresh();
        });

        return {
            counts,
            refresh,
            /** Call a function whenever something of the inbox may have changed. */
            onChange(listener) {
                listeners.add(listener);
                return () => listeners.delete(listener);
            },
        };
    },
};

registry.category("services").add("yst_circulation.inbox", inboxService);
