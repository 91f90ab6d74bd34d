import { Component, useRef, useState } from "@odoo/owl";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { deserializeDate, deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { FeedAskDialog, FeedTraceDialog } from "./feed_dialogs";

const MODEL = "yst.feed.post";
const FOLDED = 220; // characters that are shown of a long post

/** Time of the server: how long ago, or the day when it is longer. */
export function agoText(value) {
    const moment = deserializeDateTime(value);
    const hours = -moment.diffNow("hours").hours;
    if (hours < 24) {
        return hours < 1 / 60 ? _t("Just now") : moment.toRelative();
    }
    return moment.toFormat(hours < 24 * 300 ? "MM-dd HH:mm" : "yyyy-MM-dd HH:mm");
}

/** One post with its photos, likes and comments. */
export class FeedPost extends Component {
    static template = "yst_circulation.FeedPost";
    static components = { Dropdown, DropdownItem };
    static props = { row: Object, info: Object, view: Function, changed: Function, gone: Function };

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
        this.input = useRef("comment");
        this.ago = agoText;
        this.state = useState({
            whole: false,
            busy: false,
            open: false,
            comments: [],
            more: false,
            likes: [],
            text: "",
        });
    }

    get row() {
        return this.props.row;
    }

    get isLong() {
        const { text } = this.row;
        return text.length > FOLDED || text.split("\n").length > 8;
    }

    get scopeName() {
        const { row } = this;
        if (row.scope === "office") {
            return _t("Whole office");
        }
        return row.scope === "area" ? row.area : row.department;
    }

    get from() {
        return this.row.department || this.row.area;
    }

    get pinnedUntil() {
        const { pinned_until } = this.row;
        return pinned_until ? deserializeDate(pinned_until).toFormat("MM-dd") : "";
    }

    get mayModerate() {
        return this.props.info.moderator;
    }

    get hasMenu() {
        const { row } = this;
        return this.mayModerate || row.may_delete || (row.mine && row.state === "hidden");
    }

    call(method, args = []) {
        return this.orm.call(MODEL, method, [[this.row.id], ...args]);
    }

    async like() {
        if (this.state.busy) {
            return;
        }
        this.state.busy = true;
        try {
            const answer = await this.call("action_like", [!this.row.liked]);
            Object.assign(this.row, { liked: answer.liked, likes: answer.like_count });
            if (this.state.open) {
                this.state.likes = await this.call("get_likes");
            }
        } finally {
            this.state.busy = false;
        }
    }

    async toggleComments() {
        this.state.open = !this.state.open;
        if (this.state.open) {
            const [page, likes] = await Promise.all([
                this.call("get_comments"),
                this.row.likes ? this.call("get_likes") : [],
            ]);
            Object.assign(this.state, { comments: page.comments, more: page.more, likes });
        }
    }

    async earlier() {
        const page = await this.call("get_comments", [this.state.comments[0]?.id]);
        this.state.comments.unshift(...page.comments);
        this.state.more = page.more;
    }

    async send() {
        const text = this.state.text.trim();
        if (!text || this.state.busy) {
            return;
        }
        this.state.busy = true;
        try {
            const answer = await this.call("add_comment", [text]);
            this.state.comments.push(answer.comment);
            this.row.comments = answer.comment_count;
            this.state.text = "";
        } finally {
            this.state.busy = false;
        }
    }

    async deleteComment(comment) {
        const count = await this.orm.call("yst.feed.comment", "action_delete", [[comment.id]]);
        this.state.comments = this.state.comments.filter((other) => other.id !== comment.id);
        this.row.comments = count;
    }

    moderateComment(comment) {
        if (comment.hidden) {
            return this.setComment(comment, "action_restore", []);
        }
        this.dialog.add(FeedAskDialog, {
            title: _t("Hide the comment"),
            apply: (reason) => this.setComment(comment, "action_hide", [reason]),
        });
    }

    async setComment(comment, method, args) {
        await this.orm.call("yst.feed.comment", method, [[comment.id], ...args]);
        Object.assign(comment, { hidden: !comment.hidden, reason: args[0] || "" });
        this.row.comments += comment.hidden ? -1 : 1;
    }

    remove() {
        this.dialog.add(ConfirmationDialog, {
            body: _t("Delete the post with its photos and comments? This cannot be undone."),
            confirmLabel: _t("Delete"),
            confirm: async () => {
                await this.call("action_delete");
                this.props.gone(this.row.id);
            },
            cancel: () => {},
        });
    }

    hide() {
        this.dialog.add(FeedAskDialog, {
            title: _t("Hide the post"),
            apply: async (reason) => {
                await this.call("action_hide", [reason]);
                this.props.gone(this.row.id);
            },
        });
    }

    async restore() {
        await this.call("action_restore");
        this.props.changed();
    }

    pin() {
        this.dialog.add(FeedAskDialog, {
            title: _t("Keep on top until"),
            date: true,
            apply: async (day) => {
                await this.call("action_pin", [day]);
                this.props.changed();
            },
        });
    }

    async unpin() {
        await this.call("action_unpin");
        this.props.changed();
    }

    async trace() {
        this.dialog.add(FeedTraceDialog, { lines: await this.call("get_trace") });
    }
}
