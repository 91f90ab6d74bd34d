import { Component, onWillStart, useState } from "@odoo/owl";
import { rpc } from "@web/core/network/rpc";

/** Asks why somebody looks at cameras, once; the server remembers it for the session. */
export class PurposeForm extends Component {
    static template = "yst_video.PurposeForm";
    static props = { onGiven: Function };

    setup() {
        this.state = useState({ choices: [], code: "duty", note: "", message: "" });
        onWillStart(async () => {
            const found = await rpc("/yst/video/purpose", {});
            this.state.choices = found.choices;
        });
    }

    async onSubmit() {
        try {
            const found = await rpc("/yst/video/purpose", {
                code: this.state.code,
                note: this.state.note,
            });
            this.props.onGiven(found.given);
        } catch (error) {
            if (!error.data) {
                throw error;
            }
            this.state.message = error.data.message;
        }
    }
}
