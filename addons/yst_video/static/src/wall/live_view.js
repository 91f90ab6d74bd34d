import { Component, onMounted, onWillUnmount, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { rpc } from "@web/core/network/rpc";

const GATHER = 2000; // ms to wait for network candidates
const CONNECT = 15000; // ms within which the first picture has to come
const WATCH = 2000; // ms between two looks whether the picture moves on
const FROZEN = 3; // looks without movement after which it is no longer called live

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
        this.still = 0;
        this.lastTime = -1;
        onMounted(() => this.start());
        onWillUnmount(() => this.stop());
    }

    async start() {
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
        this.state.status = "connecting";
        this.timeout = setTimeout(
            () => this.state.status === "connecting" && this.fail("failed", this.noPicture),
            CONNECT
        );
        this.watch = setInterval(() => this.look(), WATCH);
        try {
            await (found.kind === "hls" ? this.playHls(found.url) : this.playWhep(found.url));
        } catch (error) {
            this.fail("failed", _t("The media gateway did not answer: %s", error.message));
        }
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
        video.src = url;
        await video.play();
    }

    async playWhep(url) {
        const peer = (this.peer = new RTCPeerConnection());
        peer.addTransceiver("video", { direction: "recvonly" });
        peer.ontrack = (ev) => {
            if (this.video.el) {
                this.video.el.srcObject = ev.streams[0] || new MediaStream([ev.track]);
            }
        };
        peer.onconnectionstatechange = () => {
            if (["failed", "closed"].includes(peer.connectionState) && !this.stopped) {
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
            throw new Error(String(response.status));
        }
        const location = response.headers.get("Location");
        this.session = location && new URL(location, url).href;
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
        this.peer?.close();
        this.peer = null;
        if (this.session) {
            fetch(this.session, { method: "DELETE", credentials: "omit" }).catch(() => {});
            this.session = null;
        }
    }

    stop() {
        this.stopped = true;
        this.close();
    }
}
