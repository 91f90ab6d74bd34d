import { Component, useRef, useState } from "@odoo/owl";
import { scanBarcode } from "@web/core/barcode/barcode_dialog";
import { isBarcodeScannerSupported } from "@web/core/barcode/barcode_video_scanner";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { readFiles } from "../review/evidence";

/** Opens an application by the QR code of its receipt: camera, photo, or the number typed. */
export class ScanAction extends Component {
    static template = "yst_service.Scan";
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.fileInput = useRef("file");
        this.cameraThere = isBarcodeScannerSupported();
        this.state = useState({ number: "", message: "", busy: false });
    }

    async open(method, argument) {
        this.state.busy = true;
        this.state.message = "";
        try {
            const action = await this.orm.silent.call("yst.service.case", method, [argument]);
            await this.action.doAction(action);
        } catch (error) {
            if (!error.data) {
                throw error;
            }
            this.state.message = error.data.message;
        } finally {
            this.state.busy = false;
        }
    }

    async useCamera() {
        let text;
        try {
            text = await scanBarcode(this.env);
        } catch (error) {
            this.state.message = error.message;
            return;
        }
        await this.open("scan_text", text);
    }

    choosePhoto() {
        this.fileInput.el.value = "";
        this.fileInput.el.click();
    }

    async onPhoto(ev) {
        const [file] = await readFiles(ev.target.files);
        if (file) {
            await this.open("scan_photo", file.data);
        }
    }

    onNumber() {
        return this.open("scan_text", this.state.number);
    }
}

registry.category("actions").add("yst_service.scan", ScanAction);
