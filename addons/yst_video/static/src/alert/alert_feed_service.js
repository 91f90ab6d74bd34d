import { markup, reactive } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { debounce } from "@web/core/utils/timing";

const MOST_NOTICES = 3;

/**
 * The newest alerts, kept up to date through the bus. Operators are told of new ones that led to
 * no order by themselves (of an order the duty is told by the order's own notice).
 */
export const alertFeedService = {
    dependencies: ["bus_service", "orm", "notification", "action"],

    start(env, { bus_service: bus, orm, notification, action }) {
        const feed = reactive({ alerts: [], pending: 0, loaded: false, news: 0 });
        const seen = new Set();
        const incoming = new Set();

        const open = (id) =>
            action.doAction({
                type: "ir.actions.act_window",
                res_model: "yst.video.alert",
                res_id: id,
                views: [[false, "form"]],
            });

        async function load() {
            const found = await orm.silent.call("yst.video.alert", "desk_feed", []);
            const fresh = found.alerts.filter((alert) => incoming.delete(alert.id) && alert.open);
            Object.assign(feed, found, { loaded: true, news: feed.news + fresh.length });
            return fresh;
        }

        function tell(fresh) {
            const untold = fresh.filter((a) => !a.order && a.judgement === "pending");
            for (const alert of untold.slice(0, MOST_NOTICES)) {
                const close = notification.add(markup`${_t("Alert: %s", alert.kind_name)}<br/>${alert.camera_name}`, {
                    type: "warning",
                    autocloseDelay: 15000,
                    buttons: [
                        {
                            name: _t("Open"),
                            primary: true,
                            onClick: () => {
                                close();
                                open(alert.id);
                            },
                        },
                    ],
                });
            }
            if (untold.length > MOST_NOTICES) {
                notification.add(_t("and %s more alerts", untold.length - MOST_NOTICES), {
                    type: "warning",
                });
            }
        }

        const onBus = debounce(async () => {
            try {
                tell(await load());
            } catch (error) {
                if (!error.data && error.name !== "ConnectionLostError") {
                    throw error;
                }
            }
        }, 700);

        const ready = user.hasGroup("yst_video.group_video_operator").then((operator) => {
            if (operator) {
                bus.subscribe("yst_video.alert", (payload) => {
                    if (payload.state === "open" && !seen.has(payload.id)) {
                        seen.add(payload.id);
                        incoming.add(payload.id);
                    }
                    onBus();
                });
            }
        });
        return { feed, load, open, ready };
    },
};

registry.category("services").add("yst_video.alert_feed", alertFeedService);
