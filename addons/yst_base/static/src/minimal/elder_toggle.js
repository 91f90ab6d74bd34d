/**
 * Large-type version (长辈版): keeps what was typed when the version is changed.
 *
 * The link works without this script, by way of the server. With it, nothing is loaded anew, so
 * that a half filled form and a photo just taken stay where they are.
 */
document.addEventListener("click", (event) => {
    const link = event.target.closest?.(".yst_elder_toggle");
    const filled = [...document.querySelectorAll("form input, form textarea")].some(
        (field) =>
            (["text", "search", "tel", "email", "date", "number"].includes(field.type) ||
                field.tagName === "TEXTAREA") &&
            field.value !== field.defaultValue
    );
    const chosen = [...document.querySelectorAll("input[type=file]")].some(
        (field) => field.files.length
    );
    if (!link || !(filled || chosen)) {
        return;
    }
    event.preventDefault();
    const on = link.getAttribute("href").endsWith("/on");
    document.cookie = `yst_elder=1; path=/; max-age=${on ? 31536000 : 0}; samesite=lax`;
    document.documentElement.classList.toggle("yst_elder", on);
    link.setAttribute("href", `/yst/elder/${on ? "off" : "on"}`);
    link.querySelector(".fa")?.setAttribute("class", `fa fa-search-${on ? "minus" : "plus"}`);
    const label = link.dataset[on ? "labelOff" : "labelOn"];
    link.querySelector("span").textContent = label;
});
