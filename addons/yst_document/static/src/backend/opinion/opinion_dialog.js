import { Component, useExternalListener, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { ConnectionLostError } from "@web/core/network/rpc";
import { _t } from "@web/core/l10n/translation";
import { inkPicture } from "../pad/ink";
import { SignaturePad } from "../pad/signature_pad";
import { opinionDraft } from "./opinion_draft";

/**
 * Asks for an opinion, typed or drawn by hand, and sends it. What was written stays in the
 * browser until the server has it.
 */
export class OpinionDialog extends Component {
    static template = "yst_document.OpinionDialog";
    static components = { Dialog, SignaturePad };
    static props = {
        close: Function,
        title: String,
        button: String,
        /** names what the opinion is about, in the browser's store */
        draft: String,
        /** words that one tap writes */
        phrases: { type: Array, optional: true },
        /** it must be there, typed or drawn */
        needed: { type: Boolean, optional: true },
        /** steps to choose one from: [code, name] */
        choices: { type: Array, optional: true },
        choicesTitle: { type: String, optional: true },
        drawn: { type: Boolean, optional: true },
        danger: { type: Boolean, optional: true },
        /** (text, picture, choice) => Promise */
        send: Function,
    };
    static defaultProps = { phrases: [], choices: [], drawn: true };

    setup() {
        const kept = opinionDraft.load(this.props.draft);
        this.state = useState({
            text: kept.text || "",
            strokes: kept.strokes || [],
            hand: Boolean(this.props.drawn && kept.strokes?.length),
            choice: kept.choice || this.props.choices[0]?.[0] || "",
            restored: Boolean(kept.text || kept.strokes?.length),
            problem: "",
            busy: false,
        });
        useExternalListener(window, "online", () => {
            if (this.state.problem) {
                this.state.problem = _t("The network is back: send it now.");
            }
        });
    }

    get canSend() {
        const given = this.state.text.trim() || this.state.strokes.length;
        return !this.state.busy && (given || !this.props.needed);
    }

    keep() {
        const { text, strokes, choice } = this.state;
        opinionDraft.save(this.props.draft, { text, strokes, choice });
    }

    write(phrase) {
        this.state.text = this.state.text ? `${this.state.text}${phrase}` : phrase;
        this.keep();
    }

    draw(strokes) {
        this.state.strokes = strokes;
        this.keep();
    }

    async send() {
        this.state.busy = true;
        this.state.problem = "";
        try {
            const { text, strokes, choice } = this.state;
            await this.props.send(text.trim(), inkPicture(strokes), choice);
            opinionDraft.forget(this.props.draft);
            this.props.close();
        } catch (error) {
            if (error instanceof ConnectionLostError) {
                this.state.problem = _t(
                    "No connection. What you have written is kept on this device; send it again when the network is back."
                );
            } else if (error.data?.message) {
                this.state.problem = error.data.message;
            } else {
                throw error;
            }
        } finally {
            this.state.busy = false;
        }
    }
}
