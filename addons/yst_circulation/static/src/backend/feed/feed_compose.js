import { Component, onMounted, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { useBus, useService } from "@web/core/utils/hooks";
import { currentPosition } from "@yst_base/backend/photo/position";
import { newKey } from "./feed_draft";

const MODEL = "yst.feed.post";

/** Writing a post (发动态): words, photos of the camera or the album, and who is to see it. */
export class FeedCompose extends Component {
    static template = "yst_circulation.FeedCompose";
    static props = { draft: Object, info: Object, close: Function };

    setup() {
        this.orm = useService("orm");
        this.queue = useService("yst_photos");
        this.notification = useService("notification");
        this.waiting = useState(this.queue.state);
        this.draft = useState(this.props.draft.values);
        this.state = useState({ photos: [...this.props.info.photos], busy: false });
        this.camera = useRef("camera");
        this.album = useRef("album");
        this.words = useRef("words");
        this.place = null;
        if (!this.scopes.some(([scope]) => scope === this.draft.scope)) {
            this.props.draft.update({ scope: this.scopes[0][0] });
        }
        useBus(this.env.bus, "YST_PHOTOS:SENT", ({ detail }) => {
            if (detail.group === this.draft.key && detail.answer.key) {
                this.state.photos.push(detail.answer);
            }
        });
        onMounted(() => !this.env.isSmall && this.words.el.focus());
    }

    get scopes() {
        const { scopes, department } = this.props.info;
        const words = {
            area: _t("Own area"),
            department: department || _t("Own department"),
            office: _t("Whole office"),
        };
        return scopes.map((scope) => [scope, words[scope]]);
    }

    get areas() {
        return this.draft.scope === "area" ? this.props.info.areas : [];
    }

    get most() {
        return this.props.info.most;
    }

    /** Photos that have not arrived. */
    get underWay() {
        return this.waiting.items.filter((item) => item.group === this.draft.key && item.isPhoto);
    }

    get room() {
        return this.most.photos - this.state.photos.length - this.underWay.length;
    }

    get problems() {
        return [...new Set(this.state.photos.flatMap((photo) => photo.problems))];
    }

    get isEmpty() {
        return !this.draft.text.trim() && !this.state.photos.length && !this.underWay.length;
    }

    get isTooLong() {
        return this.draft.text.length > this.most.text;
    }

    write(ev) {
        this.props.draft.update({ text: ev.target.value });
    }

    choose(scope) {
        this.props.draft.update({ scope });
    }

    chooseArea(ev) {
        this.props.draft.update({ area: Number(ev.target.value) });
    }

    take() {
        this.place = currentPosition(); // asked for while the camera is open
        this.camera.el.value = "";
        this.camera.el.click();
    }

    pick() {
        this.album.el.value = "";
        this.album.el.click();
    }

    async onTaken(ev) {
        const files = [...ev.target.files];
        await this.add(files, await (this.place || currentPosition()));
    }

    /** Time and place of photos from the album are those that the camera wrote into them. */
    onPicked(ev) {
        return this.add([...ev.target.files], null);
    }

    async add(files, position) {
        if (files.length > this.room) {
            this.notification.add(_t("A post has at most %s photos.", this.most.photos), {
                type: "warning",
            });
        }
        const { key } = this.draft;
        for (const file of files.slice(0, Math.max(0, this.room))) {
            const photo = newKey();
            await this.queue.add({
                group: key,
                model: MODEL,
                method: "add_photo",
                args: [key, photo],
                key: photo,
                file,
                position,
            });
        }
    }

    async remove(photo) {
        await this.orm.call(MODEL, "remove_photo", [this.draft.key, photo.key]);
        this.state.photos = this.state.photos.filter((other) => other.key !== photo.key);
    }

    discard(item) {
        return this.queue.discard(item.key);
    }

    retry(item) {
        return this.queue.retry(item.key);
    }

    /** Hands the post over to the queue, which sends it when all its photos have arrived. */
    async publish() {
        if (this.state.busy || this.isEmpty || this.isTooLong) {
            return;
        }
        this.state.busy = true;
        const { key, text, scope, area } = this.draft;
        const own = this.areas.some((one) => one.id === area) ? area : null;
        await this.queue.add({
            group: key,
            model: MODEL,
            method: "publish",
            args: [key, text, scope, own],
            key: `${key}.publish`,
            name: text,
        });
        this.props.draft.renew();
        this.props.close();
    }

    async throwAway() {
        const { key } = this.draft;
        for (const item of this.underWay) {
            await this.queue.discard(item.key);
        }
        if (this.state.photos.length) {
            await this.orm.call(MODEL, "discard", [key]);
        }
        this.props.draft.renew();
        this.props.close();
    }
}
