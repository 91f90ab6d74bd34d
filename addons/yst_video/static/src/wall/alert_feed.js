import { Component, onWillStart, useState } from "@odoo/owl";
import { useService } from "@web/core/utils/hooks";

const { DateTime } = luxon;

/** The hour today, otherwise the day as well. */
export function shortTime(milliseconds) {
    const moment = DateTime.fromMillis(milliseconds);
    return moment.toFormat(moment.hasSame(DateTime.now(), "day") ? "HH:mm:ss" : "MM-dd HH:mm");
}

/** The newest alerts beside the wall; a click opens the alert. */
export class AlertFeed extends Component {
    static template = "yst_video.AlertFeed";
    static props = { onCamera: { type: Function, optional: true } };

    setup() {
        this.service = useService("yst_video.alert_feed");
        this.action = useService("action");
        this.orm = useService("orm");
        this.shortTime = shortTime;
        this.feed = useState(this.service.feed);
        onWillStart(() => this.service.load());
    }

    async judge() {
        const action = await this.orm.call("yst.video.alert", "action_judge_next", [[]]);
        await this.action.doAction(action, { onClose: () => this.service.load() });
    }
}
