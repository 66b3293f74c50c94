# shellcheck shell=bash
# Sourced by the scripts here. Leaves the shell at the repository's root; every server that `start` started
# ends with the script.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
# shellcheck disable=SC2034 # for the scripts
examples=${CARGO_TARGET_DIR:-target}/release/examples

# Ends the script as neither passed nor failed.
skip() {
  echo "skipped: $*" >&2
  exit 77
}

# Installs Debian packages, unless all are there. Fails, saying why, where that cannot be done.
install_debian() {
  local package missing=()
  for package; do
    [ "$(dpkg-query -Wf '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} != 0 ] || return 0
  set -- "${missing[@]}"
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "not installed, and only root on Debian can add it here: $*" >&2
    return 1
  fi
  local log=target/apt.log apt=(apt-get -q -y -o DPkg::Lock::Timeout=300)
  mkdir -p target
  export DEBIAN_FRONTEND=noninteractive
  if ! { "${apt[@]}" update && "${apt[@]}" install --no-install-recommends "$@"; } </dev/null >"$log" 2>&1; then
    tail -n 5 "$log" >&2
    return 1
  fi
}

# What Chromium and Node.js need. Installs what is missing, or says why it cannot. From $here, the script's directory,
# modules are copied to $out: Node resolves their imports from where they are.
export CHROMIUM=${CHROMIUM:-/usr/bin/chromium}
# shellcheck disable=SC2154 # here, out
have_node_modules() {
  cp "$here"/*.mjs "$out"/
  cmp -s "$here/package.json" "$out/node_modules/installed.json" && return
  command -v npm >/dev/null || install_debian nodejs npm || return
  node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' ||
    { echo "Node.js $(node --version) is too old: playwright-core needs 20" >&2; return 1; }
  cp "$here/package.json" "$out/"
  (cd "$out" && npm install --no-package-lock --no-audit --no-fund --ignore-scripts) \
    </dev/null >"$out/npm.log" 2>&1 || { tail -n 3 "$out/npm.log" >&2; return 1; }
  cp "$here/package.json" "$out/node_modules/installed.json"
}
have_chromium() {
  [ -x "$CHROMIUM" ] && return
  [ "$CHROMIUM" = /usr/bin/chromium ] || { echo "no browser at $CHROMIUM" >&2; return 1; }
  install_debian chromium
}

# Builds examples with every feature, so that one build serves all; CARGO_ARGS replaces that choice.
build_examples() {
  # shellcheck disable=SC2086 # several arguments in one variable
  cargo build --quiet --release ${CARGO_ARGS---all-features} "${@/#/--example=}"
}

# start LOG COMMAND...: starts a server and sets `url` to what it prints after `listening on `.
# The time limit is for the day when this script is killed before it can clean up.
started=()
trap 'kill "${started[@]}" 2>/dev/null || true' EXIT
start() {
  local log=$1
  shift
  # Here, not by the server: it is read before that may have begun.
  : >"$log"
  timeout --foreground 3600 "$@" </dev/null >"$log" 2>&1 &
  started+=($!)
  for _ in $(seq 100); do
    url=$(sed -n 's/^listening on //p' "$log")
    [ -z "$url" ] || return 0
    kill -0 $! 2>/dev/null || break
    sleep 0.1
  done
  echo "did not start: $*" >&2
  tail -n 5 "$log" >&2
  return 1
}

# A port on which nobody listens; `python` is any Python, of version 2 or 3.
# shellcheck disable=SC2154 # python: the script's
free_port() { "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# start_at PORT LOG COMMAND...: as `start`, for a server that is told its port and prints nothing.
start_at() {
  local port=$1 log=$2
  shift 2
  timeout --foreground 3600 "$@" </dev/null >"$log" 2>&1 &
  started+=($!)
  for _ in $(seq 100); do
    if (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return 0; fi
    kill -0 $! 2>/dev/null || break
    sleep 0.1
  done
  echo "did not start: $*" >&2
  tail -n 5 "$log" >&2
  return 1
}
