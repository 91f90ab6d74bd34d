import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { OpinionDialog } from "./opinion_dialog";

/**
 * The dialogs in which an approver says what they think of a document; the same on the phone
 * and on the form. `document` is a dict as `get_step` answers it.
 */
export function useOpinion() {
    const orm = useService("orm");
    const dialog = useService("dialog");
    const call = (id, method, args, kwargs = {}) =>
        orm.call("yst.document", method, [[id], ...args], kwargs);

    const NAMES = {
        check: [_t("Checking"), _t("Checked: pass it on")],
        countersign: [_t("Countersign"), _t("Countersign")],
        sign: [_t("Sign"), _t("Sign for issue")],
    };

    return {
        /** 圈阅 counts as agreement. */
        circle(document) {
            return document.may.includes("instruct")
                ? call(document.id, "action_instruct", [_t("Circled")])
                : call(document.id, "action_approve", [], { version: document.version });
        },

        approve(document, done) {
            const [title, button] = NAMES[document.state] || NAMES.sign;
            dialog.add(OpinionDialog, {
                title,
                button,
                draft: `${document.id}.${document.state}`,
                phrases: [_t("Agreed."), _t("Agreed, to be issued.")],
                send: async (text, picture) => {
                    await call(document.id, "action_approve", [], {
                        opinion_text: text || null,
                        opinion_image: picture || null,
                        version: document.version,
                    });
                    await done();
                },
            });
        },

        instruct(document, done) {
            dialog.add(OpinionDialog, {
                title: _t("Instruction"),
                button: _t("File the instruction"),
                draft: `${document.id}.instruct`,
                needed: true,
                phrases: [_t("Agreed."), _t("As proposed."), _t("Please handle it and report back.")],
                send: async (text, picture) => {
                    await call(document.id, "action_instruct", [text || null, picture || null]);
                    await done();
                },
            });
        },

        giveBack(document, done) {
            dialog.add(OpinionDialog, {
                title: _t("Return"),
                button: _t("Return"),
                draft: `${document.id}.return`,
                needed: true,
                drawn: false,
                danger: true,
                choices: document.return_states,
                choicesTitle: _t("Back to"),
                phrases: [_t("Please check the facts and figures."), _t("Please shorten it.")],
                send: async (text, _picture, to) => {
                    await call(document.id, "action_return", [to, text]);
                    await done();
                },
            });
        },
    };
}
