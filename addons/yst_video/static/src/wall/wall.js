import {
    Component,
    onMounted,
    onWillStart,
    onWillUnmount,
    useExternalListener,
    useRef,
    useState,
} from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { pictureTime } from "../alert/alert_picture";
import { AlertFeed, shortTime } from "./alert_feed";
import { LiveView } from "./live_view";
import { PurposeForm } from "./purpose_form";

const POLL = 3000; // ms between two questions about the tiles shown
const LOST = 15000; // ms without an answer after which no tile is called live any more
const SIDES = [2, 3, 4, 5, 6];
const WIDTH = { 1: 640, 2: 640, 3: 480, 4: 320, 5: 320, 6: 320 };
const ROTATIONS = [0, 10, 20, 30, 60]; // seconds a page stays; 0: until the user turns it
const PHONE_TILES = 4;
const KEPT = "yst_video.wall"; // what this browser remembers

/** Age in words, as short as it fits on a tile. */
export function ageText(seconds) {
    if (seconds < 60) {
        return _t("%s s ago", Math.max(0, Math.round(seconds)));
    }
    if (seconds < 3600) {
        return _t("%s min ago", Math.floor(seconds / 60));
    }
    if (seconds < 86400) {
        return _t("%s h ago", Math.floor(seconds / 3600));
    }
    return _t("%s days ago", Math.floor(seconds / 86400));
}

/**
 * Pictures of many cameras at a time (视频墙), with the alerts beside them.
 *
 * A picture is shown as the present only while the server says that the camera works and the
 * picture is young; in all other cases the tile is grey and says why and how old it is.
 */
export class VideoWall extends Component {
    static template = "yst_video.Wall";
    static components = { AlertFeed, LiveView, PurposeForm };
    static props = { ...standardActionServiceProps };

    setup() {
        this.action = useService("action");
        this.ui = useService("ui");
        this.root = useRef("root");
        this.sides = SIDES;
        this.rotations = ROTATIONS;
        this.time = pictureTime;
        this.shortTime = shortTime;
        const kept = this.recall();
        this.state = useState({
            purpose: undefined,
            cameras: [],
            areas: [],
            kinds: [],
            groups: [],
            interval: 300,
            tiles: {},
            page: 0,
            large: null,
            feed: !this.ui.isSmall,
            filters: false,
            now: Date.now(),
            answeredAt: 0,
            side: 3,
            rotate: 0,
            area: 0,
            kind: "",
            group: 0,
            status: "",
            text: "",
            ...kept,
        });
        onWillStart(async () => {
            const [overview, purpose] = await Promise.all([
                rpc("/yst/video/wall/cameras", {}),
                rpc("/yst/video/purpose", {}),
            ]);
            const wanted = this.props.action.params?.camera; // asked for by a camera's form
            const large = overview.cameras.some((camera) => camera.id === wanted) ? wanted : null;
            Object.assign(this.state, overview, { purpose: purpose.given, large });
            for (const camera of overview.cameras) {
                this.takeTile(camera);
            }
        });
        onMounted(() => {
            this.poll();
            this.polling = setInterval(() => this.poll(), POLL);
            this.ticking = setInterval(() => this.tick(), 1000);
        });
        onWillUnmount(() => {
            clearInterval(this.polling);
            clearInterval(this.ticking);
        });
        useExternalListener(document, "visibilitychange", () => this.poll());
        useExternalListener(window, "keydown", (ev) => this.onKey(ev), { capture: true });
    }

    // ---------------------------------------------------------------- what is shown
    get columns() {
        return this.ui.isSmall ? 1 : this.state.side;
    }

    get perPage() {
        return this.ui.isSmall ? PHONE_TILES : this.state.side ** 2;
    }

    get chosen() {
        const { area, kind, group, status, text } = this.state;
        const words = text.trim().toLowerCase();
        return this.state.cameras.filter(
            (camera) =>
                (!area || camera.area === area) &&
                (!kind || camera.kind === kind) &&
                (!group || camera.groups.includes(group)) &&
                (!words || camera.name.toLowerCase().includes(words)) &&
                (!status || this.works(camera) === (status === "working"))
        );
    }

    get pages() {
        return Math.max(1, Math.ceil(this.chosen.length / this.perPage));
    }

    get page() {
        return Math.min(this.state.page, this.pages - 1);
    }

    get shown() {
        return this.chosen.slice(this.page * this.perPage, (this.page + 1) * this.perPage);
    }

    get width() {
        return WIDTH[this.columns];
    }

    works(camera) {
        return ["live", "stale", "none"].includes(this.state.tiles[camera.id]?.state);
    }

    /** A tile as it has to be drawn now: the server's word, and how much time has passed since. */
    tileOf(camera) {
        const tile = this.state.tiles[camera.id] || {};
        const passed = Math.max(0, (this.state.now - tile.receivedAt) / 1000) || 0;
        const age = tile.at ? tile.age + passed : null;
        let state = tile.state;
        if (state === "live" && age > 3 * this.state.interval) {
            state = "stale";
        }
        if (state === "live" && this.state.now - this.state.answeredAt > LOST) {
            state = "lost";
        }
        return { state, age, at: tile.at, word: this.word(state) };
    }

    word(state) {
        return {
            live: "",
            stale: _t("Old picture"),
            none: _t("No picture yet"),
            offline: _t("Offline"),
            unknown: _t("Unknown whether it works"),
            maintenance: _t("In maintenance"),
            lost: _t("No connection to the server"),
        }[state];
    }

    ageOf(tile) {
        return ageText(tile.age);
    }

    url(camera, size) {
        const tile = this.state.tiles[camera.id];
        const width = size ? `&size=${size}` : "";
        return `/yst/video/still/${camera.id}?wall=1&at=${tile.at}${width}`;
    }

    // ---------------------------------------------------------------- asking the server
    takeTile(tile) {
        this.state.tiles[tile.id] = {
            state: tile.state,
            at: tile.at,
            age: tile.age,
            seen: tile.seen,
            receivedAt: Date.now(),
        };
    }

    async poll() {
        if (this.asking || document.hidden || !this.state.purpose) {
            return;
        }
        const ids = this.state.large ? [this.state.large] : this.shown.map((each) => each.id);
        if (!ids.length) {
            this.state.answeredAt = Date.now();
            return;
        }
        this.asking = true;
        try {
            const found = await rpc("/yst/video/wall/tiles", { ids }, { silent: true });
            this.state.purpose = found.purpose;
            this.state.answeredAt = this.state.now = Date.now();
            found.tiles.forEach((tile) => this.takeTile(tile));
        } catch (error) {
            if (error.data) {
                throw error; // the server's own word; a lost connection shows on the tiles
            }
        } finally {
            this.asking = false;
        }
    }

    tick() {
        this.state.now = Date.now();
        const { rotate, large } = this.state;
        if (rotate && !large && this.state.purpose && !document.hidden) {
            this.turnAt = this.turnAt || this.state.now + rotate * 1000;
            if (this.state.now >= this.turnAt) {
                this.turn(1);
            }
        }
    }

    // ---------------------------------------------------------------- what the user does
    onPurpose(code) {
        this.state.purpose = code;
        this.poll();
    }

    askPurpose() {
        this.state.purpose = null;
    }

    turn(step) {
        this.state.page = (this.page + step + this.pages) % this.pages;
        this.turnAt = 0;
        this.poll();
    }

    set(name, value) {
        this.state[name] = value;
        if (name !== "rotate") {
            this.state.page = 0;
        }
        this.turnAt = 0;
        this.keep();
        this.poll();
    }

    /** A template knows no `Number`. */
    setNumber(name, ev) {
        this.set(name, Number(ev.target.value));
    }

    open(camera) {
        this.state.large = camera.id;
        this.poll();
    }

    close() {
        this.state.large = null;
        this.poll();
    }

    get large() {
        return this.state.cameras.find((camera) => camera.id === this.state.large);
    }

    onKey(ev) {
        if (ev.target.closest?.("input, select, textarea, .modal") || !this.state.purpose) {
            return;
        }
        if (ev.key === "ArrowRight" || ev.key === "PageDown") {
            this.turn(1);
        } else if (ev.key === "ArrowLeft" || ev.key === "PageUp") {
            this.turn(-1);
        } else if (ev.key === "Escape" && this.state.large) {
            this.close();
        }
    }

    fullScreen() {
        if (document.fullscreenElement) {
            document.exitFullscreen();
        } else {
            this.root.el.requestFullscreen?.();
        }
    }

    openCamera(camera) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "yst.video.camera",
            res_id: camera.id,
            views: [[false, "form"]],
        });
    }

    openAlerts(camera) {
        return this.action.doAction("yst_video.action_alert", {
            additionalContext: { search_default_camera_id: camera.id, search_default_to_judge: 0 },
        });
    }

    // ---------------------------------------------------------------- remembered in this browser
    recall() {
        try {
            const kept = JSON.parse(browser.localStorage.getItem(KEPT)) || {};
            return {
                side: SIDES.includes(kept.side) ? kept.side : 3,
                rotate: ROTATIONS.includes(kept.rotate) ? kept.rotate : 0,
            };
        } catch {
            return {};
        }
    }

    keep() {
        const { side, rotate } = this.state;
        browser.localStorage.setItem(KEPT, JSON.stringify({ side, rotate }));
    }
}

registry.category("actions").add("yst_video.wall", VideoWall);
