import { registry } from "@web/core/registry";

/** A sharp, light photo; `seed` makes each one another. */
async function photo(seed) {
    const canvas = document.createElement("canvas");
    canvas.width = 1200;
    canvas.height = 900 + seed;
    const context = canvas.getContext("2d");
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = "black";
    for (let row = 60; row < 840; row += 40) {
        for (let column = 60; column < 1140; column += 26) {
            context.fillRect(column, row, ((column * row + seed) % 17) + 4, 9);
        }
    }
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
    return new File([blob], `photo${seed}.jpg`, { type: "image/jpeg" });
}

async function choose(...files) {
    const transfer = new DataTransfer();
    for (const file of files) {
        transfer.items.add(await file);
    }
    const input = document.querySelector(".o_yst_circle_album");
    input.files = transfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
}

function assertNoSidewaysScrolling() {
    for (const part of [document.documentElement, document.querySelector(".o_yst_circle")]) {
        if (part.scrollWidth > part.clientWidth) {
            throw new Error(`${part.className || "The page"} can be pushed sideways.`);
        }
    }
}

/** Cuts whatever goes to the server of a post, as a dead spot of the network does. */
function cutNetwork() {
    window.ystCut = { on: true, tries: 0 };
    const { open } = XMLHttpRequest.prototype;
    XMLHttpRequest.prototype.open = function (method, url, ...rest) {
        if (window.ystCut.on && String(url).includes("yst.feed.post")) {
            window.ystCut.tries += 1;
            this.send = () => setTimeout(() => this.dispatchEvent(new Event("error")));
        }
        return open.call(this, method, url, ...rest);
    };
}

function mendNetwork() {
    if (!window.ystCut.tries) {
        throw new Error("Nothing was cut.");
    }
    window.ystCut.on = false;
    window.dispatchEvent(new Event("online"));
}

const POST = ".o_yst_circle_post:not(.o_yst_circle_pending)";

registry.category("web_tour.tours").add("yst_feed_cadre_publishes", {
    steps: () => [
        { trigger: ".o_yst_circle_empty", run: assertNoSidewaysScrolling },
        { trigger: ".o_yst_circle_new", run: "click" },
        { trigger: ".o_yst_circle_compose textarea", run: "edit Bank patrolled" },
        { trigger: ".o_yst_circle_album:not(:visible)", run: () => choose(photo(1), photo(2)) },
        { trigger: ".o_yst_circle_chosen:has(.o_yst_circle_thumb:nth-child(2):not([data-status]))" },
        { trigger: ".o_yst_circle_scopes label:first-of-type input", run: "click" },
        { trigger: ".o_yst_circle_publish", run: "click" },
        { trigger: `${POST}:contains(Bank patrolled):has(.o_yst_circle_thumb:nth-child(2))` },
        { trigger: `${POST} .o_yst_circle_thumb`, run: "click" },
        { trigger: ".o_yst_photo_count:contains('1 / 2')" },
        {
            trigger: ".o_yst_photo_strip",
            run() {
                this.anchor.scrollTo({ left: this.anchor.clientWidth, behavior: "instant" });
            },
        },
        { trigger: ".o_yst_photo_count:contains('2 / 2')" },
        { trigger: ".o_yst_photo_strip", run: "press Escape" },
        { trigger: "body:not(:has(.o_yst_photo_viewer)) .o_yst_circle" },
        { trigger: `${POST} .o_yst_circle_like`, run: "click" },
        { trigger: `${POST} .o_yst_circle_like.active:contains(1)` },
        { trigger: `${POST} .o_yst_circle_comment`, run: "click" },
        { trigger: ".o_yst_circle_say input", run: "edit Two signs were put up" },
        { trigger: ".o_yst_circle_say button", run: "click" },
        { trigger: ".o_yst_circle_one:contains(Two signs)", run: assertNoSidewaysScrolling },
        { trigger: `${POST} .o_yst_circle_comment:contains(1)` },
        { trigger: ".o_yst_circle_tabs [data-scope=department]", run: "click" },
        { trigger: ".o_yst_circle_empty" },
        { trigger: ".o_yst_circle_tabs [data-scope=area]", run: "click" },
        { trigger: `${POST}:contains(Bank patrolled)` },
    ],
});

registry.category("web_tour.tours").add("yst_feed_waits_for_network", {
    steps: () => [
        { trigger: ".o_yst_circle_new", run: "click" },
        { trigger: ".o_yst_circle_compose textarea", run: "edit Without a network" },
        {
            trigger: ".o_yst_circle_album:not(:visible)",
            run: () => {
                cutNetwork();
                return choose(photo(3));
            },
        },
        { trigger: ".o_yst_circle_thumb[data-status=waiting]" },
        { trigger: ".o_yst_circle_publish", run: "click" },
        { trigger: ".o_yst_circle_pending:contains(Without a network)", run: mendNetwork },
        { trigger: `${POST}:contains(Without a network):has(.o_yst_circle_thumb)` },
        { trigger: "body:not(:has(.o_yst_circle_pending))" },
    ],
});

registry.category("web_tour.tours").add("yst_feed_manager_moderates", {
    steps: () => [
        { trigger: `${POST}:contains(Bank patrolled) .o_yst_circle_menu`, run: "click" },
        { trigger: ".o-dropdown-item:contains(Keep on top):not(:contains(off))", run: "click" },
        { trigger: ".modal .btn-primary", run: "click" },
        { trigger: `${POST}:contains(Bank patrolled) .o_yst_circle_pinned` },
        { trigger: `${POST}:contains(Rude words) .o_yst_circle_menu`, run: "click" },
        { trigger: ".o-dropdown-item:contains(Hide)", run: "click" },
        { trigger: ".modal textarea", run: "edit Not about work" },
        { trigger: ".modal .btn-primary", run: "click" },
        { trigger: `.o_yst_circle_body:not(:contains(Rude words))` },
    ],
});
