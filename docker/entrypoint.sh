#!/bin/bash
# Entrypoint of the application image:
#   init     create the database in zh_CN and install the suite
#   upgrade  bring the installed addons to the code of this image
#   serve    start the server (the default)
#   new-key  print a new identity key file; keep it outside the database and its backups
set -euo pipefail
home=/opt/yishitong
conf=/etc/yishitong/odoo.conf
database=${PGDATABASE:-yishitong}
export YST_DATA_DIR=$home/data

fail() { echo "yishitong: $*" >&2; exit 1; }

python=$home/.local/venv/bin/python
export YST_ODOO_PATH=$home/.local/odoo/usr/lib/python3/dist-packages
odoo() { "$python" "$home/tools/odoo_start.py" -c "$conf" -d "$database" "$@"; }

need_key() {
    [ -n "${YST_KEY_FILE:-}" ] || fail "YST_KEY_FILE is not set; make a key with 'new-key' and mount it."
    [ -r "$YST_KEY_FILE" ] || fail "the identity key $YST_KEY_FILE cannot be read."
}

command=${1:-serve}
[ $# -eq 0 ] || shift
case "$command" in
    new-key) cd "$home" && exec "$python" -c "import json; from tools import keys; print(json.dumps(keys.new_key()))" ;;
    init)
        need_key
        odoo --load-language zh_CN -i yishitong --stop-after-init --workers 0 "$@"
        # Chinese settings and the administrator's first password, printed once
        (cd "$home" && "$python" -m tools.localise) | "$python" "$home/tools/odoo_start.py" shell \
            -c "$conf" -d "$database" --no-http --workers 0 --log-level warn
        ;;
    upgrade) need_key; odoo -u yishitong --stop-after-init --workers 0 "$@" ;;
    serve)
        need_key
        exec "$python" "$home/tools/odoo_start.py" -c "$conf" -d "$database" \
            --db-filter "^$database\$" "$@"
        ;;
    *) fail "unknown command '$command' (init, upgrade, serve, new-key)" ;;
esac
