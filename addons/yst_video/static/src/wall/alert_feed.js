import { Component, onWillStart, useState } from "@odoo/owl";
import { useService } from "@web/core/utils/hooks";
import { pictureTime } from "../alert/alert_picture";

/** The newest alerts beside the wall; a click opens the alert. */
export class AlertFeed extends Component {
    static template = "yst_video.AlertFeed";
    static props = { onCamera: { type: Function, optional: true } };

    setup() {
        this.service = useService("yst_video.alert_feed");
        this.action = useService("action");
        this.orm = useService("orm");
        this.time = pictureTime;
        this.feed = useState(this.service.feed);
        onWillStart(() => this.service.load());
    }

    async judge() {
        const action = await this.orm.call("yst.video.alert", "action_judge_next", []);
        await this.action.doAction(action, { onClose: () => this.service.load() });
    }
}
