import { Component, onWillDestroy, onWillStart, useEffect, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useBus, useService } from "@web/core/utils/hooks";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { usePhotoViewer } from "@yst_base/backend/photo/photo_viewer";
import { FeedCompose } from "./feed_compose";
import { feedDraft } from "./feed_draft";
import { FeedPost } from "./feed_post";

const MODEL = "yst.feed.post";
const CHANNEL = "yst_feed";
const TABS = [
    ["all", _t("All")],
    ["department", _t("Own department")],
    ["area", _t("Own area")],
];
const EMPTY = {
    all: _t("Nothing has been published yet. Be the first: show what is happening on the spot."),
    department: _t("Nothing has been published for your department yet."),
    area: _t("Nothing has been published for your area yet."),
};

/** The work feed (工作圈): what colleagues publish from the spot. Made for the phone. */
export class Feed extends Component {
    static template = "yst_circulation.Feed";
    static components = { FeedCompose, FeedPost };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.bus = useService("bus_service");
        this.queue = useService("yst_photos");
        this.notification = useService("notification");
        this.waiting = useState(this.queue.state);
        this.draft = feedDraft();
        this.view = usePhotoViewer();
        this.tabs = TABS;
        this.keepLast = new KeepLast();
        this.root = useRef("root");
        this.end = useRef("end");
        this.state = useState({
            scope: "all",
            pinned: [],
            rows: [],
            next: null,
            loading: true,
            failed: false,
            news: false,
            composing: false,
            info: null,
        });
        onWillStart(() => this.load());
        useBus(this.env.bus, "YST_PHOTOS:SENT", ({ detail }) => this.onSent(detail));
        const onNews = ({ post, at }) => {
            // it says that there is something, and nothing is asked of the server before a touch;
            // what the bus had kept from before the page was loaded is no news
            const [first] = this.state.rows;
            if (!first || (at >= first.at && first.id !== post)) {
                this.state.news = true;
            }
        };
        this.bus.subscribe("yst_circulation.feed", onNews);
        this.bus.addChannel(CHANNEL);
        onWillDestroy(() => {
            this.bus.unsubscribe("yst_circulation.feed", onNews);
            this.bus.deleteChannel(CHANNEL);
        });
        useEffect(
            (end) => {
                if (!end) {
                    return;
                }
                const watch = new IntersectionObserver(
                    ([entry]) => entry.isIntersecting && this.loadMore(),
                    { root: this.root.el, rootMargin: "600px" }
                );
                watch.observe(end);
                return () => watch.disconnect();
            },
            () => [this.end.el, this.state.next]
        );
    }

    get empty() {
        return EMPTY[this.state.scope];
    }

    /** Own posts that are on their way. */
    get pending() {
        return this.waiting.items
            .filter((item) => !item.isPhoto && item.key === `${item.group}.publish`)
            .map((item) => {
                const photos = this.waiting.items.filter(
                    (other) => other.isPhoto && other.group === item.group
                );
                return { ...item, photos, refused: photos.filter((one) => one.status === "refused") };
            });
    }

    page(before, limit = 20) {
        return this.orm.call(MODEL, "get_page", [before, this.state.scope, limit]);
    }

    async load() {
        this.state.loading = true;
        try {
            const [page, info] = await this.keepLast.add(
                Promise.all([
                    this.page(null),
                    this.orm.call(MODEL, "get_compose", [this.draft.values.key]),
                ])
            );
            if (info.published) {
                this.draft.renew(); // it arrived before the page was closed
            }
            Object.assign(this.state, {
                pinned: page.pinned,
                rows: page.rows,
                next: page.next,
                info,
                news: false,
                failed: false,
            });
        } catch (error) {
            this.state.failed = true;
            throw error;
        } finally {
            this.state.loading = false;
        }
    }

    async loadMore() {
        if (this.state.loading || !this.state.next) {
            return;
        }
        this.state.loading = true;
        try {
            const page = await this.keepLast.add(this.page(this.state.next));
            const known = new Set(this.state.rows.map((row) => row.id));
            this.state.rows.push(...page.rows.filter((row) => !known.has(row.id)));
            this.state.next = page.next;
        } finally {
            this.state.loading = false;
        }
    }

    show(scope) {
        Object.assign(this.state, { scope, rows: [], pinned: [], next: null });
        return this.load();
    }

    async showNews() {
        await this.load();
        this.root.el.scrollTo({ top: 0, behavior: "smooth" });
    }

    async compose() {
        this.state.info = await this.orm
            .call(MODEL, "get_compose", [this.draft.values.key])
            .catch((error) => {
                if (!this.state.info) {
                    throw error;
                }
                return this.state.info; // one writes without a network as well
            });
        this.state.composing = true;
    }

    async onSent({ group, key }) {
        if (key === `${group}.publish`) {
            this.notification.add(_t("Published."), { type: "success" });
            await this.showNews();
        }
    }

    /** Takes a post that the server would not publish back into the editor. */
    async edit(item) {
        this.draft.update({ key: item.group, text: item.name });
        await this.queue.discard(item.key);
        await this.compose();
    }

    async throwAway(item) {
        for (const photo of item.refused) {
            await this.queue.discard(photo.key);
        }
    }

    gone(id) {
        const others = (rows) => rows.filter((row) => row.id !== id);
        this.state.rows = others(this.state.rows);
        this.state.pinned = others(this.state.pinned);
    }
}

registry.category("actions").add("yst_circulation.feed", Feed);
