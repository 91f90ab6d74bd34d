import { Component, onMounted, onWillUnmount, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { rpc } from "@web/core/network/rpc";

const GATHER = 2000; // ms to wait for network candidates
const CONNECT = 15000; // ms within which the first picture has to come
const WATCH = 2000; // ms between two looks whether the picture moves on
const FROZEN = 3; // looks without movement after which it is no longer called live
const H265 = ["hevc", "h265"];
const H265_FILE = 'video/mp4; codecs="hvc1.1.6.L93.B0"';

/** Whether this browser plays H.265 in the way the gateway sends it. */
function playsH265(kind) {
    if (kind === "hls") {
        return Boolean(document.createElement("video").canPlayType(H265_FILE));
    }
    const { codecs } = RTCRtpReceiver.getCapabilities("video") || { codecs: [] };
    return codecs.some((codec) => codec.mimeType.toLowerCase() === "video/h265");
}

/**
 * The live picture of one camera through the media gateway: WHEP (WebRTC) or HLS where the browser
 * plays it by itself. It says "live" only while pictures really come in.
 */
export class LiveView extends Component {
    static template = "yst_video.LiveView";
    static props = { cameraId: Number, onPurpose: Function };

    setup() {
        this.video = useRef("video");
        this.state = useState({ status: "asking", message: "", link: null });
        onMounted(() => this.start());
        onWillUnmount(() => this.stop());
    }

    async start() {
        this.still = 0;
        this.lastTime = -1;
        const found = await rpc("/yst/video/live", { camera_id: this.props.cameraId });
        if (this.stopped) {
            return;
        }
        if (!found.purpose) {
            this.props.onPurpose();
            return;
        }
        if (!found.url) {
            this.fail("none", found.problem);
            return;
        }
        if (H265.includes(found.codec) && !playsH265(found.kind)) {
            this.fail("none", this.noH265);
            return;
        }
        this.state.status = "connecting";
        this.timeout = setTimeout(
            () => this.state.status === "connecting" && this.fail("failed", this.noPicture),
            CONNECT
        );
        this.watch = setInterval(() => this.look(), WATCH);
        try {
            await (found.kind === "hls" ? this.playHls(found.url) : this.playWhep(found.url));
        } catch (error) {
            if (!this.stopped) {
                this.fail("failed", this.reason(error));
            }
        }
    }

    retry() {
        Object.assign(this.state, { status: "asking", message: "", link: null });
        return this.start();
    }

    reason(error) {
        switch (error.status) {
            case 401:
            case 403:
                return _t("The media gateway lets nobody in with this ticket.");
            case 404: // MediaMTX: the camera did not send anything
            case 504:
                return this.noPicture;
            case 400: // MediaMTX
            case 406:
                return _t("This browser cannot play what the camera sends. Set the camera to H.264.");
            case 503:
                return _t("Too many people are looking at live pictures. Try again later.");
        }
        return _t("The media gateway did not answer: %s", error.message);
    }

    get noH265() {
        return _t("The camera sends H.265, which this browser cannot play. Set the camera to H.264, or use a browser that plays H.265.");
    }

    get noPicture() {
        return _t("The media gateway sends no picture of this camera.");
    }

    async playHls(url) {
        const video = this.video.el;
        if (!video.canPlayType("application/vnd.apple.mpegurl")) {
            this.state.link = url;
            this.fail("failed", _t("This browser cannot play HLS by itself. Open the address in a player, or set a WHEP address."));
            return;
        }
        await this.play(video, { src: url });
    }

    /** Begin without a touch: browsers allow it without sound only, and not in every element. */
    async play(video, source) {
        Object.assign(video, { muted: true, ...source });
        await video.play();
    }

    async playWhep(url) {
        const peer = (this.peer = new RTCPeerConnection());
        peer.addTransceiver("video", { direction: "recvonly" });
        peer.ontrack = (ev) => {
            if (this.video.el) {
                const srcObject = ev.streams[0] || new MediaStream([ev.track]);
                this.play(this.video.el, { srcObject }).catch(() => {}); // its button is there
            }
        };
        peer.onconnectionstatechange = () => {
            if (["failed", "closed"].includes(peer.connectionState) && peer === this.peer) {
                this.fail("failed", _t("The connection to the media gateway broke off."));
            }
        };
        await peer.setLocalDescription(await peer.createOffer());
        await new Promise((resolve) => {
            peer.onicegatheringstatechange = () =>
                peer.iceGatheringState === "complete" && resolve();
            setTimeout(resolve, GATHER);
        });
        const response = await fetch(url, {
            method: "POST",
            headers: { "Content-Type": "application/sdp" },
            body: peer.localDescription.sdp,
            credentials: "omit",
            referrerPolicy: "no-referrer",
        });
        if (!response.ok) {
            throw Object.assign(new Error(String(response.status)), { status: response.status });
        }
        const location = response.headers.get("Location");
        const session = location && new URL(location, url).href;
        if (peer !== this.peer) {
            this.leave(peer, session); // closed meanwhile
            return;
        }
        this.session = session;
        await peer.setRemoteDescription({ type: "answer", sdp: await response.text() });
    }

    look() {
        const video = this.video.el;
        if (!video || this.state.status === "failed" || this.state.status === "none") {
            return;
        }
        const moved = video.currentTime !== this.lastTime && video.currentTime > 0;
        this.lastTime = video.currentTime;
        this.still = moved ? 0 : this.still + 1;
        if (moved) {
            this.state.status = "live";
        } else if (this.state.status === "live" && this.still >= FROZEN) {
            this.state.status = "frozen";
        }
    }

    fail(status, message) {
        this.close();
        Object.assign(this.state, { status, message });
    }

    close() {
        clearTimeout(this.timeout);
        clearInterval(this.watch);
        const { peer, session } = this;
        this.peer = this.session = null;
        this.leave(peer, session);
    }

    /** Tell the gateway first: a connection that breaks looks like a fault to it. */
    async leave(peer, session) {
        if (session) {
            await fetch(session, { method: "DELETE", credentials: "omit" }).catch(() => {});
        }
        peer?.close();
    }

    stop() {
        this.stopped = true;
        this.close();
    }
}
