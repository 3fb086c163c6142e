#!/usr/bin/env bash
# Starts a worker on a rented instance: checks, installs when needed, gets a certificate, runs.
#
#   BACKEND=tgi MODEL_LOG=/workspace/infer.log ./start_server.sh
#
# Safe to run twice: what is there and good is used again. Whatever fails is one sentence, on stderr
# and to the autoscaler, and exit code 1. docs/start-server.md has its variables.
set -Eeuo pipefail

WORKSPACE_DIR="${WORKSPACE_DIR:-/workspace}"
ENV_PATH="${ENV_PATH:-$WORKSPACE_DIR/worker-env}"
DEBUG_LOG="${DEBUG_LOG:-$WORKSPACE_DIR/debug.log}"
STATE_DIR="$WORKSPACE_DIR/.pyworker"
PYWORKER_WHEEL="${PYWORKER_WHEEL:-}"
PYWORKER_REPO="${PYWORKER_REPO:-$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)}"
PYWORKER_REF="${PYWORKER_REF:-}"
SIGN_CERT_URL="${SIGN_CERT_URL:-https://console.vast.ai/api/v0/sign_cert/}"
INSTANCE_CERT="${INSTANCE_CERT:-/etc/instance.crt}"
INSTANCE_KEY="${INSTANCE_KEY:-/etc/instance.key}"
ROTATE_MODEL_LOG="${ROTATE_MODEL_LOG:-true}"
BACKEND="${BACKEND:-}"
MODEL_LOG="${MODEL_LOG:-}"
CONTAINER_ID="${CONTAINER_ID:-}"
export INSTANCE_CERT INSTANCE_KEY
export REPORT_ADDR="${REPORT_ADDR:-https://run.vast.ai}"
export USE_SSL="${USE_SSL:-true}"
export WORKER_PORT="${WORKER_PORT:-3000}"

# A certificate that ends within a day is asked for anew.
CERT_MARGIN_SECONDS=86400
# A model server that is started with the container has not loaded before.
BOOT_SECONDS=300
# Old logs are kept for people; more than this is nothing that anybody reads.
OLD_LOG_BYTES=$((64 * 1024 * 1024))

say() {
    printf '%s %s\n' "$(date -u +%FT%TZ)" "$*" >&2
}

# Text for the inside of a JSON string. Control characters, which JSON does not allow there, go.
json_text() {
    printf '%s' "$1" | tr -d '\000-\037' | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g'
}

# Tells the autoscaler why there will be no worker: every address, since none answers to us.
report() {
    local id="${CONTAINER_ID//[!0-9]/}" addresses address
    local body
    body="$(printf '{"id": %s, "mtoken": "%s", "version": "%s", "error_msg": "%s", "url": ""}' \
        "${id:-0}" "$(json_text "${MASTER_TOKEN:-}")" "$(json_text "${PYWORKER_VERSION:-0}")" \
        "$(json_text "$1")")"
    IFS=',' read -ra addresses <<<"$REPORT_ADDR"
    for address in "${addresses[@]}"; do
        address="${address//[[:space:]]/}"
        # The body comes by stdin, because MASTER_TOKEN must not stand in the list of processes.
        printf '%s' "$body" | curl --silent --show-error --max-time 10 --output /dev/null \
            --header 'Content-Type: application/json' --data-binary @- \
            "${address%/}/worker_status/" || say "$address could not be told"
    done
}

fail() {
    say "start_server.sh: $1"
    report "start_server.sh: $1"
    exit 1
}

# For what no check has foreseen: a full disk, a file that is not ours.
unforeseen() {
    # What fails in a subshell fails in the shell around it, too, and is told there.
    [ "$BASH_SUBSHELL" = 0 ] || exit 1
    fail "line $2 failed: $1"
}

check_environment() {
    command -v curl >/dev/null || { say "start_server.sh: curl is not installed"; exit 1; }
    [ -n "$BACKEND" ] || fail "BACKEND must be set to the name of a worker"
    [ -n "$CONTAINER_ID" ] || fail "CONTAINER_ID must be set; is this an instance?"
    case "$CONTAINER_ID" in
        *[!0-9]*) fail "CONTAINER_ID must be a number" ;;
    esac
    case "$WORKER_PORT" in
        *[!0-9]*) fail "WORKER_PORT must be a port number, not $WORKER_PORT" ;;
    esac
    case "${IS_DEPLOYMENT:-false}" in
        [Tt]rue | 1 | [Yy]es | [Oo]n) fail "IS_DEPLOYMENT is set: the vastai package fetches and installs deployments; 'pyworker run FILE' serves one" ;;
    esac
    case "$USE_SSL" in
        true | false) ;;
        *) fail "USE_SSL must be true or false, not $USE_SSL" ;;
    esac
    if [ "$USE_SSL" = true ]; then
        command -v openssl >/dev/null || fail "openssl is not installed, and USE_SSL is true"
    fi
    if [ -n "$PYWORKER_WHEEL" ] && [ ! -f "$PYWORKER_WHEEL" ]; then
        fail "PYWORKER_WHEEL is $PYWORKER_WHEEL, which is not there"
    fi
    PYTHON="$(find_python)" || fail "Python 3.11 or newer is not installed"
}

# One at a time, for as long as the worker runs: it inherits the lock. A second run is a mistake of
# whoever started it; the worker is well, so the autoscaler is not told.
take_lock() {
    command -v flock >/dev/null || return 0
    exec 9>"$STATE_DIR/lock"
    flock --nonblock 9 || {
        say "start_server.sh: it runs already"
        exit 1
    }
}

find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
        [ -n "$candidate" ] || continue
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s' "$candidate"
            return 0
        fi
    done
    return 1
}

# What the environment was installed from; another one is installed when this changes.
source_of_install() {
    if [ -n "$PYWORKER_WHEEL" ]; then
        printf 'wheel %s' "$(sha256sum <"$PYWORKER_WHEEL" | cut -d' ' -f1)"
    elif [ -d "$PYWORKER_REPO" ]; then
        printf 'folder %s %s' "$PYWORKER_REPO" \
            "$(git -C "$PYWORKER_REPO" rev-parse HEAD 2>/dev/null || cksum <"$PYWORKER_REPO/pyproject.toml")"
    else
        printf 'repository %s %s' "$PYWORKER_REPO" "$PYWORKER_REF"
    fi
}

# Whether the sources in a folder are newer than what was installed from it.
folder_changed() {
    [ -z "$PYWORKER_WHEEL" ] && [ -d "$PYWORKER_REPO" ] || return 1
    [ -n "$(find "$PYWORKER_REPO" -path "$ENV_PATH" -prune -o -newer "$STATE_DIR/installed" \
        \( -name '*.py' -o -name '*.rs' -o -name '*.toml' \) -print -quit)" ]
}

install() {
    local wanted
    wanted="$(source_of_install)"
    if [ "$(cat "$STATE_DIR/installed" 2>/dev/null)" = "$wanted" ] && ! folder_changed &&
        "$ENV_PATH/bin/python" -c 'import pyworker' 2>/dev/null; then
        say "installed already: $wanted"
        return
    fi
    say "installing: $wanted"
    rm -f "$STATE_DIR/installed"
    "$PYTHON" -m venv "$ENV_PATH" || fail "no environment could be made in $ENV_PATH (is python3-venv installed?)"
    local what="$PYWORKER_REPO"
    if [ -n "$PYWORKER_WHEEL" ]; then
        what="$PYWORKER_WHEEL"
    elif [ ! -d "$PYWORKER_REPO" ]; then
        what="git+$PYWORKER_REPO${PYWORKER_REF:+@$PYWORKER_REF}"
    fi
    "$ENV_PATH/bin/python" -m pip install --disable-pip-version-check --quiet "$what" ||
        fail "pip could not install $what; the reason is in $DEBUG_LOG"
    printf '%s' "$wanted" >"$STATE_DIR/installed"
}

# When the first process started, in ticks since the machine did. Its name, in parentheses, may have
# blanks in it.
boot_ticks() {
    sed 's/.*) //' /proc/1/stat | cut -d' ' -f20
}

# One run of the container; a rented instance that is stopped and started again has another.
this_boot() {
    printf '%s %s' "$(cat /proc/sys/kernel/random/boot_id)" "$(boot_ticks)"
}

# Whether a model server that is up may have said in its log that it is loaded: the container has run
# for minutes, and the log was written to meanwhile.
log_is_of_this_boot() {
    local up
    up=$(($(cut -d. -f1 /proc/uptime) - $(boot_ticks) / $(getconf CLK_TCK)))
    [ "$up" -gt "$BOOT_SECONDS" ] && [ $(($(date +%s) - $(stat -c %Y "$MODEL_LOG"))) -lt "$up" ]
}

# What the model wrote before a reboot speaks of a process that is gone. Emptied in place, once a
# boot: the model server may have the file open, and may have said "loaded" before a second run.
rotate_model_log() {
    [ "$ROTATE_MODEL_LOG" = true ] && [ -n "$MODEL_LOG" ] || return 0
    local boot
    boot="$(this_boot)"
    [ "$(cat "$STATE_DIR/rotated" 2>/dev/null)" != "$boot" ] || return 0
    if [ -s "$MODEL_LOG" ] && ! log_is_of_this_boot; then
        cat "$MODEL_LOG" >>"$MODEL_LOG.old"
        : >"$MODEL_LOG"
        if [ "$(wc -c <"$MODEL_LOG.old")" -gt "$OLD_LOG_BYTES" ]; then
            tail -c "$OLD_LOG_BYTES" "$MODEL_LOG.old" >"$MODEL_LOG.old.new"
            mv "$MODEL_LOG.old.new" "$MODEL_LOG.old"
        fi
        say "what the model had logged before is in $MODEL_LOG.old"
    fi
    printf '%s' "$boot" >"$STATE_DIR/rotated"
}

certificate_is_good() {
    [ -s "$INSTANCE_CERT" ] && [ -s "$INSTANCE_KEY" ] || return 1
    openssl x509 -in "$INSTANCE_CERT" -noout -checkend "$CERT_MARGIN_SECONDS" >/dev/null 2>&1 || return 1
    [ "$(openssl x509 -in "$INSTANCE_CERT" -noout -pubkey 2>/dev/null)" = \
        "$(openssl pkey -in "$INSTANCE_KEY" -pubout 2>/dev/null)" ]
}

get_certificate() {
    [ "$USE_SSL" = true ] || return 0
    if certificate_is_good; then
        say "the certificate is good: $INSTANCE_CERT"
        return
    fi
    local draft
    draft="$(mktemp -d "$STATE_DIR/certificate.XXXXXX")"
    # shellcheck disable=SC2064 # the folder of now
    trap "rm -rf '$draft'" EXIT
    make_request "$draft" || fail "openssl could not make a certificate request"
    local attempt problem=""
    for attempt in 1 2 3; do
        problem="$(ask_for_certificate "$draft")" && break
        say "attempt $attempt: $problem"
        [ "$attempt" = 3 ] && fail "no certificate: $problem"
        sleep "${CERT_RETRY_SECONDS:-5}"
    done
    # Each by renaming, the key first: no reader sees half a file.
    install_file "$draft/key" "$INSTANCE_KEY" 600
    install_file "$draft/crt" "$INSTANCE_CERT" 644
    certificate_is_good || fail "the certificate does not belong to the key that it was asked for"
    rm -rf "$draft"
    trap - EXIT
    say "a new certificate: $INSTANCE_CERT"
}

make_request() {
    cat >"$1/config" <<'CONFIG'
[req]
distinguished_name = name
req_extensions = extensions
[name]
[extensions]
basicConstraints = CA:FALSE
keyUsage = nonRepudiation, digitalSignature, keyEncipherment
subjectAltName = IP:0.0.0.0
CONFIG
    (umask 077 && openssl req -newkey rsa:2048 -nodes -sha256 -subj '/C=US/ST=CA/CN=pyworker.vast.ai/' \
        -config "$1/config" -keyout "$1/key" -out "$1/csr" 2>>"$DEBUG_LOG")
}

# Leaves the certificate in "$1/crt", or prints why there is none.
ask_for_certificate() {
    local status
    status="$(curl --silent --show-error --max-time 60 --output "$1/crt" --write-out '%{http_code}' \
        --header 'Content-Type: application/octet-stream' --data-binary "@$1/csr" \
        "$SIGN_CERT_URL?instance_id=$CONTAINER_ID" 2>"$1/curl")" || {
        printf '%s' "$(tr '\n' ' ' <"$1/curl")"
        return 1
    }
    if [ "$status" != 200 ]; then
        printf '%s answered %s' "$SIGN_CERT_URL" "$status"
        return 1
    fi
    # An error page with status 200 is not a certificate, either.
    if ! openssl x509 -in "$1/crt" -noout 2>/dev/null; then
        printf '%s sent something that is no PEM certificate' "$SIGN_CERT_URL"
        return 1
    fi
}

install_file() {
    # A file of an earlier run would keep its mode while the key is written into it.
    rm -f "$2.new"
    (umask 077 && cp "$1" "$2.new")
    chmod "$3" "$2.new"
    mv "$2.new" "$2"
}

# What was said in earlier boots is for people; all of it is nothing that anybody reads.
shorten_debug_log() {
    if [ -f "$DEBUG_LOG" ] && [ "$(wc -c <"$DEBUG_LOG")" -gt "$OLD_LOG_BYTES" ]; then
        tail -c "$((OLD_LOG_BYTES / 2))" "$DEBUG_LOG" >"$DEBUG_LOG.new"
        mv "$DEBUG_LOG.new" "$DEBUG_LOG"
    fi
}

main() {
    mkdir -p "$STATE_DIR" || fail "$WORKSPACE_DIR cannot be written"
    chmod 700 "$STATE_DIR"
    shorten_debug_log
    exec > >(tee -a "$DEBUG_LOG") 2>&1
    trap 'unforeseen "$BASH_COMMAND" "$LINENO"' ERR
    take_lock
    check_environment
    say "starting $BACKEND: port $WORKER_PORT, TLS $USE_SSL, reporting to $REPORT_ADDR"
    rotate_model_log
    install
    get_certificate
    cd "$WORKSPACE_DIR"
    # This process becomes the worker: its signals are the worker's, and so is its exit code.
    case "$BACKEND" in
        *.py) exec "$ENV_PATH/bin/python" -m pyworker run "$BACKEND" ;;
        *) exec "$ENV_PATH/bin/python" -m pyworker "$BACKEND" ;;
    esac
}

main "$@"
