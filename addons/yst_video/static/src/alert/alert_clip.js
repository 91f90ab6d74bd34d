import { Component, useEffect, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { humanSize } from "@web/core/utils/binary";

/** What a browser is asked before it is given a film; H.265 is told as main profile, level 4. */
const TYPES = {
    h264: 'video/mp4; codecs="avc1.640028"',
    h265: 'video/mp4; codecs="hvc1.1.6.L120.90"',
};

/** Whether this browser says that it plays a codec. */
export function plays(codec) {
    const type = TYPES[codec];
    return Boolean(type && document.createElement("video").canPlayType(type));
}

/**
 * The clip of an alert. Nothing of it is loaded before somebody asks for it: to look at it is
 * written down. What the browser cannot play is offered as a file.
 */
export class AlertClip extends Component {
    static template = "yst_video.AlertClip";
    static props = { clip: Object };

    setup() {
        this.state = useState({ open: false, failed: false });
        this.plays = plays(this.props.clip.codec);
        this.film = useRef("film");
        useEffect(
            (film) => film?.scrollIntoView({ block: "center", behavior: "smooth" }),
            () => [this.film.el]
        );
    }

    get url() {
        return `/yst/video/clip/${this.props.clip.id}`;
    }

    get label() {
        return _t("Play the clip (%s seconds)", Math.round(this.props.clip.seconds));
    }

    get download() {
        return _t("Download (%s)", humanSize(this.props.clip.size));
    }

    get frame() {
        const { width, height } = this.props.clip;
        const ratio = width && height ? width / height : 16 / 9;
        return `aspect-ratio: ${ratio}; width: min(100%, ${(50 * ratio).toFixed(1)}vh)`;
    }

    get reason() {
        return this.plays
            ? _t("The clip could not be played. It may have been deleted when its time was over.")
            : _t("This browser does not play H.265. Download the clip and open it in a player.");
    }

    toggle() {
        Object.assign(this.state, { open: !this.state.open, failed: false });
    }

    onError() {
        this.state.failed = true;
    }
}
