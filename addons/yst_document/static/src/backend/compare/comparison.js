import { Component, markup, onWillStart, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { timeText } from "@yst_circulation/backend/inbox/reading";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

/** What has changed between two versions of a document, readable (版本对照). */
export class Comparison extends Component {
    static template = "yst_document.Comparison";
    static props = { document: Number };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ versions: [], before: 0, after: 0, html: "", known: false });
        onWillStart(async () => {
            const versions = await this.orm.searchRead(
                "yst.document.version",
                [["document_id", "=", this.props.document]],
                ["number", "author_id", "at"],
                { order: "number" }
            );
            Object.assign(this.state, {
                versions,
                before: versions.at(-2)?.id || 0,
                after: versions.at(-1)?.id || 0,
            });
            await this.compare();
        });
    }

    name(version) {
        return _t("Version %(number)s · %(author)s · %(at)s", {
            number: version.number,
            author: version.author_id[1],
            at: timeText(version.at),
        });
    }

    choose(side, ev) {
        this.state[side] = Number(ev.target.value);
        return this.compare();
    }

    async compare() {
        const { before, after } = this.state;
        if (!before || !after) {
            return;
        }
        this.state.html = markup(
            await this.orm.call("yst.document.version", "compare", [[before], after])
        );
    }
}

/** The comparison as a page of its own. */
export class ComparisonAction extends Component {
    static template = "yst_document.ComparisonAction";
    static components = { Comparison };
    static props = { ...standardActionServiceProps };

    get document() {
        const { action } = this.props;
        return action.params?.document || action.context?.active_id;
    }
}

registry.category("actions").add("yst_document.compare", ComparisonAction);
