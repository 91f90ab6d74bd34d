import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";
import { WebClient } from "@web/webclient/webclient";

/** The browser's tab carries the suite's name. */
patch(WebClient.prototype, {
    setup() {
        super.setup();
        this.title.setParts({ zopenerp: _t("Yishitong") });
    },
});
