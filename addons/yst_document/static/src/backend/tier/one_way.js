import "@base_tier_validation/components/tier_review_menu/tier_review_menu.esm";
import { registry } from "@web/core/registry";

// Approvals of documents have one way, the desk and the form: the menu in which the approval
// engine lists its reviews by model would be a second one.
registry.category("systray").remove("base_tier_validation.ReviewerMenu");
