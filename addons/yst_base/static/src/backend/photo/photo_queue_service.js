import { reactive } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { ConnectionLostError } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { session } from "@web/session";
import { PhotoStore } from "./photo_store";

/** Milliseconds until the next try, longer after each failure. */
const WAITS = [3000, 6000, 15000, 30000, 60000];

function readBase64(blob) {
    return new Promise((resolve, reject) => {
        const reader = new FileReader();
        reader.onload = () => resolve(reader.result.split(",", 2)[1] || "");
        reader.onerror = () => reject(reader.error);
        reader.readAsDataURL(blob);
    });
}

/** Whether the server has looked at the photo and will not take it, however often it is sent. */
function isRefused(error) {
    const name = error?.exceptionName || error?.data?.name || "";
    return /\.(UserError|ValidationError|AccessError|MissingError)$/.test(name);
}

/** Only one window of the browser sends at a time, where it can be agreed upon. */
async function alone(work) {
    const locks = browser.navigator.locks;
    return locks
        ? locks.request("yst_photos", { ifAvailable: true }, (lock) => lock && work())
        : work();
}

/**
 * Sends photos to the server, one after the other, until each has arrived: they are put into
 * the browser's database first, and go on being sent after the network or the page comes back.
 *
 * What belongs together (the photos of one order, of one post) has the same `group`. A call
 * without a photo closes its group, such as the publishing of a post: it is made once all photos
 * before it have arrived, and waits while one of them is refused. When something has arrived,
 * `YST_PHOTOS:SENT` on the bus of the web client tells its `group`, `key` and the `answer`.
 */
export const photoQueueService = {
    dependencies: ["orm"],

    start(env, { orm }) {
        const store = new PhotoStore();
        const state = reactive({ items: [], offline: false, durable: true });
        let timer = null;
        let failures = 0;
        let running = false;

        const owner = `${session.db}/${user.userId}`;
        const find = (key) => state.items.find((item) => item.key === key);

        function show(photo) {
            state.items.push({
                key: photo.key,
                group: photo.group,
                name: photo.name,
                url: photo.blob ? URL.createObjectURL(photo.blob) : "",
                isPhoto: Boolean(photo.blob),
                status: photo.refused ? "refused" : "waiting",
                message: photo.refused || "",
            });
        }

        function hide(key) {
            const index = state.items.findIndex((item) => item.key === key);
            if (index >= 0) {
                URL.revokeObjectURL(state.items[index].url);
                state.items.splice(index, 1);
            }
        }

        async function send(photo) {
            const item = find(photo.key);
            if (item) {
                item.status = "sending";
            }
            const { latitude = null, longitude = null } = photo.position || {};
            const answer = photo.blob
                ? await orm.silent.call(
                      photo.model,
                      photo.method,
                      [...photo.args, await readBase64(photo.blob), photo.name],
                      { latitude, longitude }
                  )
                : await orm.silent.call(photo.model, photo.method, photo.args);
            await store.remove(photo.key);
            hide(photo.key);
            const { group, key } = photo;
            env.bus.trigger("YST_PHOTOS:SENT", { group, key, answer });
        }

        async function flush() {
            if (running) {
                return;
            }
            running = true;
            browser.clearTimeout(timer);
            try {
                await alone(async () => {
                    const held = new Set();
                    for (const photo of await mine()) {
                        if (photo.refused) {
                            held.add(photo.group);
                            continue;
                        }
                        if (!photo.blob && held.has(photo.group)) {
                            continue;
                        }
                        try {
                            await send(photo);
                            failures = 0;
                            state.offline = false;
                        } catch (error) {
                            const item = find(photo.key);
                            if (isRefused(error)) {
                                photo.refused = error.data?.message || _t("Not taken.");
                                held.add(photo.group);
                                await store.put(photo);
                                if (item) {
                                    Object.assign(item, {
                                        status: "refused",
                                        message: photo.refused,
                                    });
                                }
                                continue;
                            }
                            if (item) {
                                item.status = "waiting";
                            }
                            state.offline = error instanceof ConnectionLostError;
                            throw error;
                        }
                    }
                });
            } catch {
                timer = browser.setTimeout(flush, WAITS[Math.min(failures, WAITS.length - 1)]);
                failures += 1;
            } finally {
                running = false;
            }
            // another window may have sent some
            const left = new Set((await mine()).map((photo) => photo.key));
            state.items.filter((item) => !left.has(item.key)).forEach((item) => hide(item.key));
            // one may have been added while the last was on its way
            if (state.items.some((item) => isDue(item)) && !failures) {
                timer = browser.setTimeout(flush, WAITS[0]);
            }
        }

        function isDue(item) {
            const isHeld = (other) => other.group === item.group && other.status === "refused";
            return item.status === "waiting" && (item.isPhoto || !state.items.some(isHeld));
        }

        async function mine() {
            return (await store.all()).filter((photo) => photo.owner === owner);
        }

        async function load() {
            for (const photo of await mine()) {
                if (!find(photo.key)) {
                    show(photo);
                }
            }
            if (state.items.length) {
                flush();
            }
        }

        browser.addEventListener("online", () => {
            failures = 0;
            flush();
        });
        browser.addEventListener("beforeunload", (ev) => {
            if (!store.durable && state.items.length) {
                ev.preventDefault();
            }
        });
        load();

        return {
            state,
            /**
             * Keeps a photo and sends it as soon as that is possible, to a method that takes
             * `args`, the file in base64, its name, and latitude and longitude by name.
             * Without a file it is a call that closes its group, shown as `name`.
             *
             * @param {{group: string, model: string, method: string, args: any[], key?: string,
             *      file?: File, name?: string, position?: {latitude: number, longitude: number}}}
             *      parcel
             */
            async add({ group, model, method, args, key, file, name = "", position }) {
                const at = Date.now();
                const photo = {
                    key: key || `${at}-${Math.random().toString(36).slice(2)}`,
                    at,
                    owner,
                    group,
                    model,
                    method,
                    args,
                    name: file ? file.name || "photo.jpg" : name,
                    blob: file,
                    position,
                };
                await store.put(photo);
                state.durable = store.durable;
                show(photo);
                failures = 0;
                flush();
            },
            /** Tries those that are waiting, and one that was refused, once more. */
            async retry(key) {
                const photo = (await mine()).find((one) => one.key === key);
                if (photo?.refused) {
                    delete photo.refused;
                    await store.put(photo);
                    Object.assign(find(key) || {}, { status: "waiting", message: "" });
                }
                failures = 0;
                return flush();
            },
            /** Throws away a photo that the server does not take. */
            async discard(key) {
                await store.remove(key);
                hide(key);
                flush(); // what closes the group may have waited for it
            },
        };
    },
};

registry.category("services").add("yst_photos", photoQueueService);
