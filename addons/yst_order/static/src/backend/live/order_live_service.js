import { markup } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";

/** With more notices than this, one line takes the place of all. */
const MOST_NOTICES = 3;
/** Several changes within this many milliseconds reload a screen once. */
const RELOAD_AFTER = 600;
/** Somebody has to do something about these; the others are told in passing. */
const URGES = ["dispatched", "returned", "feedback"];

const URGENCIES = { urgent: "danger", complex: "info" };

/** What has happened to an order, from the state that it is in now. */
function happened(order) {
    const words = {
        dispatched: _t("New order"),
        accepted: _t("Accepted"),
        returned: _t("Returned"),
        feedback: _t("To be verified"),
        closed: _t("Closed"),
        cancelled: _t("Cancelled"),
        merged: _t("Merged"),
    };
    return words[order.state] || _t("Changed");
}

/**
 * Orders as they change (yst_order.changed on the bus): a notice that stays until it is read or
 * acted upon, and `YST_ORDER:CHANGED` on the bus of the web client for screens that show orders.
 */
export const orderLiveService = {
    dependencies: ["action", "bus_service", "notification"],

    start(env, { action, bus_service: bus, notification }) {
        const notices = new Map(); // id of the order → { order, close }
        const shown = new Set(); // orders whose form is open
        let summary = null;
        let changed = new Set();
        let timer = null;

        function open(order) {
            action.doAction({
                type: "ir.actions.act_window",
                res_model: "yst.order",
                res_id: order.id,
                views: [[false, "form"]],
            });
        }

        function openAll() {
            const ids = [...notices.keys()];
            forgetAll();
            action.doAction({
                type: "ir.actions.act_window",
                name: _t("Changed orders"),
                res_model: "yst.order",
                domain: [["id", "in", ids]],
                views: [
                    [false, "list"],
                    [false, "form"],
                ],
            });
        }

        function forgetAll() {
            const closers = [...notices.values()].map((notice) => notice.close);
            notices.clear();
            for (const close of closers) {
                close?.();
            }
            const close = summary;
            summary = null;
            close?.();
        }

        function forget(id) {
            const notice = notices.get(id);
            notices.delete(id);
            notice?.close?.();
            if (summary && !notices.size) {
                forgetAll();
            }
        }

        /** One notice in place of many: a storm of orders must not bury the screen. */
        function summarise() {
            for (const notice of notices.values()) {
                const close = notice.close;
                notice.close = null;
                close?.();
            }
            const before = summary;
            summary = null;
            before?.();
            summary = notification.add(_t("%s orders have changed.", notices.size), {
                type: "warning",
                sticky: true,
                className: "o_yst_order_notice",
                buttons: [{ name: _t("Open"), primary: true, onClick: openAll }],
                onClose: () => {
                    if (summary) {
                        summary = null;
                        notices.clear();
                    }
                },
            });
        }

        function message(order) {
            const place = [order.number, order.area].filter(Boolean).join(" · ");
            // only pictures of this server, as an address from elsewhere would be asked
            const own = /^\/[^/\\]/.test(order.picture || "");
            const picture = own
                ? markup`<img class="o_yst_order_notice_picture" src="${order.picture}" alt=""/>`
                : "";
            // the client writes "title. message", which reads oddly: what happened is a line of it
            return markup`${picture}<span class="text-muted">${happened(order)}</span><br/><strong>${order.name || ""}</strong><br/>${place}`;
        }

        function tell(order) {
            forget(order.id);
            if (shown.has(order.id) || (order.by && order.by === user.userId)) {
                return;
            }
            const notice = { order, close: null };
            const sticky = URGES.includes(order.state);
            if (sticky) {
                notices.set(order.id, notice);
                if (summary || notices.size > MOST_NOTICES) {
                    summarise();
                    return;
                }
            }
            notice.close = notification.add(message(order), {
                type: sticky ? URGENCIES[order.urgency] || "warning" : "info",
                sticky,
                className: "o_yst_order_notice",
                buttons: [
                    {
                        name: _t("Open"),
                        primary: true,
                        onClick: () => {
                            open(order);
                            forget(order.id);
                        },
                    },
                ],
                onClose: () => {
                    if (notice.close && notices.get(order.id) === notice) {
                        notices.delete(order.id);
                    }
                },
            });
        }

        function announce() {
            const ids = [...changed];
            changed = new Set();
            timer = null;
            env.bus.trigger("YST_ORDER:CHANGED", { ids });
        }

        bus.subscribe("yst_order.changed", (payload) => {
            for (const order of Array.isArray(payload) ? payload : [payload]) {
                changed.add(order.id);
                tell(order);
            }
            timer ??= browser.setTimeout(announce, RELOAD_AFTER);
        });

        return {
            /** An order is on the screen: it needs no notice. Answers how to end that. */
            show(id) {
                shown.add(id);
                forget(id);
                return () => shown.delete(id);
            },
        };
    },
};

registry.category("services").add("yst_order_live", orderLiveService);
