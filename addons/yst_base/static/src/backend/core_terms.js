import { _t } from "@web/core/l10n/translation";

/**
 * What Odoo itself says and its Chinese translation leaves out: terms without a translation of
 * their own addon are looked up in those of all others, so ours serves.
 */
export const coreTerms = () => [_t("Missing required fields")];
