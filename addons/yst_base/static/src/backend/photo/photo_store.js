/**
 * Photos that have not arrived at the server yet, in the browser's own database, so that neither
 * a cut network nor a closed page loses one. Where the browser allows no database (a private
 * window) they are kept in memory, and `durable` says so.
 */
const DATABASE = "yst_photos";
const STORE = "photos";

function asPromise(request) {
    return new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });
}

function openDatabase() {
    const request = window.indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
        request.result.createObjectStore(STORE, { keyPath: "key" });
    };
    return asPromise(request);
}

export class PhotoStore {
    constructor() {
        this.durable = true;
        this._memory = new Map();
        this._database = null;
    }

    async _open() {
        try {
            this._database ??= await openDatabase();
        } catch {
            this.durable = false;
        }
        return this._database;
    }

    /** Runs one request in a transaction that is over, and on disk, when this answers. */
    async _run(mode, work) {
        const transaction = this._database.transaction(STORE, mode, { durability: "strict" });
        const done = new Promise((resolve, reject) => {
            transaction.oncomplete = resolve;
            transaction.onerror = transaction.onabort = () => reject(transaction.error);
        });
        const result = await asPromise(work(transaction.objectStore(STORE)));
        await done;
        return result;
    }

    async put(photo) {
        if (await this._open()) {
            try {
                await this._run("readwrite", (store) => store.put(photo));
                return;
            } catch {
                this.durable = false; // the disk is full, as a rule
            }
        }
        this._memory.set(photo.key, photo);
    }

    async remove(key) {
        this._memory.delete(key);
        if (await this._open()) {
            await this._run("readwrite", (store) => store.delete(key));
        }
    }

    async all() {
        const stored = (await this._open()) ? await this._run("readonly", (s) => s.getAll()) : [];
        return [...stored, ...this._memory.values()].sort((a, b) => a.at - b.at);
    }
}
