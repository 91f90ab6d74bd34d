import { browser } from "@web/core/browser/browser";

const OPTIONS = { enableHighAccuracy: true, timeout: 10000, maximumAge: 60000 };

/** Where the phone is (WGS-84), null where it does not or must not say. */
export function currentPosition() {
    return new Promise((resolve) => {
        if (!browser.navigator.geolocation) {
            resolve(null);
            return;
        }
        browser.navigator.geolocation.getCurrentPosition(
            ({ coords }) => resolve({ latitude: coords.latitude, longitude: coords.longitude }),
            () => resolve(null),
            OPTIONS
        );
    });
}
