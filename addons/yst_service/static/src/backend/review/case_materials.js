import { Component, useEffect, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { isPicture, problemText, readFiles, useEvidenceViewer } from "./evidence";

/**
 * The clerk's desk: the materials on one side, the chosen one's photos large on the other;
 * one click accepts a material or rejects it for a coded reason.
 */
export class CaseMaterials extends Component {
    static template = "yst_service.CaseMaterials";
    static components = { Dropdown, DropdownItem };
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.notification = useService("notification");
        this.viewer = useEvidenceViewer();
        this.fileInput = useRef("file");
        this.isPicture = isPicture;
        this.problemText = problemText;
        this.state = useState({
            lines: [],
            reasons: [],
            consent: [],
            lineId: false,
            photo: 0,
            note: "",
            busy: false,
            earlier: false,
        });
        // not before the form stands: it is drawn anew while it waits, and would ask twice; the
        // buttons of the form change the state of the materials as well
        useEffect(
            () => {
                this.load();
            },
            () => {
                const { resId, data } = this.props.record;
                return [resId, data.state, data.may_actions];
            }
        );
    }

    get line() {
        return this.state.lines.find((line) => line.id === this.state.lineId);
    }

    get photos() {
        const line = this.line;
        return line ? [...line.photos, ...(this.state.earlier ? line.earlier : [])] : [];
    }

    get photo() {
        return this.photos[this.state.photo] || this.photos[0];
    }

    get reviewed() {
        return this.state.lines.filter((line) => ["accepted", "rejected"].includes(line.state))
            .length;
    }

    async load() {
        const id = this.props.record.resId;
        if (!id) {
            return;
        }
        const { lines, reasons, consent } = await this.orm.call(
            "yst.service.case",
            "get_review",
            [id]
        );
        if (id !== this.props.record.resId) {
            return; // the reader has gone on to another application
        }
        Object.assign(this.state, { lines, reasons, consent });
        if (!this.line) {
            const next = lines.find((line) => line.state === "uploaded") || lines[0];
            this.state.lineId = next ? next.id : false;
        }
    }

    select(line) {
        if (line.id !== this.state.lineId) {
            Object.assign(this.state, { lineId: line.id, photo: 0, note: "", earlier: false });
        }
    }

    enlarge() {
        this.viewer.open(this.photo, this.photos);
    }

    /** Does one thing with the server, then shows how everything stands now. */
    async act(work) {
        if (this.state.busy) {
            return;
        }
        this.state.busy = true;
        try {
            await work();
            await this.props.record.load();
            await this.load();
        } finally {
            this.state.busy = false;
        }
    }

    accept(line) {
        return this.review(line, "action_accept_material", []);
    }

    reject(line, reason) {
        return this.review(line, "action_reject_material", [reason.id, this.state.note || false]);
    }

    review(line, method, args) {
        return this.act(async () => {
            await this.orm.call("yst.service.case.line", method, [[line.id], ...args]);
            const following = this.state.lines.find(
                (other) => other.id !== line.id && other.state === "uploaded"
            );
            if (following) {
                this.select(following);
            }
            this.state.note = "";
        });
    }

    chooseFiles(line) {
        this.select(line);
        this.fileInput.el.value = "";
        this.fileInput.el.click();
    }

    onFilesChosen(ev) {
        const line = this.line;
        return this.act(async () => {
            const files = await readFiles(ev.target.files);
            const problems = await this.orm.call("yst.service.case.line", "upload_files", [
                [line.id],
                files,
            ]);
            if (problems.length) {
                this.notification.add(
                    _t("Hard to read: %s. Better take it again.", problemText({ problems })),
                    { type: "warning" }
                );
            }
        });
    }
}

registry.category("view_widgets").add("yst_case_materials", {
    component: CaseMaterials,
    fieldDependencies: [
        { name: "state", type: "selection" },
        { name: "may_actions", type: "char" },
    ],
});
