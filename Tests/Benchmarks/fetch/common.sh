# What the fetch benchmarks share: a local nginx with files to fetch, and how a row is measured. To be sourced.
#
# Needs the Debian packages nginx-light, aria2, curl and coreutils. Everything is in a scratch folder that goes away.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
velo=${VELO:-$root/.build/release/velo}
runs=${RUNS:-5}
for tool in nginx aria2c curl sha256sum; do
    command -v "$tool" >/dev/null || PATH=$PATH:/usr/sbin:/sbin
    command -v "$tool" >/dev/null || { echo "error: there is no \`$tool\`" >&2; exit 1; }
done

scratch=$(mktemp -d "${TMPDIR:-/tmp}/velo-bench.XXXXXX")
chmod 755 "$scratch"
server=
finish() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$scratch"
}
trap finish EXIT
export HOME=$scratch VELO_CACHE=$scratch/cache XDG_CONFIG_HOME=$scratch
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY CI

# port LOCATIONS: starts nginx with these location blocks on a free port; sets $server and $base.
serve() {
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    mkdir -p "$scratch/www" "$scratch/tmp"
    cat > "$scratch/nginx.conf" <<CONF
daemon off;
worker_processes 2;
pid $scratch/nginx.pid;
error_log $scratch/error.log;
events { worker_connections 1024; }
http {
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 100000;
    client_body_temp_path $scratch/tmp; proxy_temp_path $scratch/tmp; fastcgi_temp_path $scratch/tmp;
    uwsgi_temp_path $scratch/tmp; scgi_temp_path $scratch/tmp;
    server {
        listen ${address:-127.0.0.1}:$port;
        root $scratch/www;
        $1
    }
}
CONF
    ${in_server:-} nginx -c "$scratch/nginx.conf" -p "$scratch" &
    server=$!
    base=http://${address:-127.0.0.1}:$port
    for _ in $(seq 100); do
        ${in_client:-} curl -s -o /dev/null "$base/" && return
        sleep 0.05
    done
    echo "error: nginx does not answer" >&2
    exit 1
}

# measure NAME COMMAND...: runs it once, and keeps its wall and CPU seconds in $scratch/NAME.times
measure() {
    local name=$1
    shift
    rm -rf "$scratch/out"
    mkdir "$scratch/out"
    (cd "$scratch/out" && TIMEFORMAT='%R %U %S' && { time "$@" >/dev/null 2>"$scratch/said"; } 2>&1) > "$scratch/time" || {
        echo "error: $name: $*" >&2
        cat "$scratch/said" >&2
        exit 1
    }
    tail -n 1 "$scratch/time" >> "$scratch/$name.times"
}

# report REFERENCE NAME...: medians, and each one's speed as a multiple of the reference's
report() {
    python3 - "$scratch" "$@" <<'PY'
import statistics, sys
scratch, reference, *names = sys.argv[1:]
def read(name):
    rows = [list(map(float, line.split())) for line in open(f"{scratch}/{name}.times")]
    return statistics.median(r[0] for r in rows), statistics.median(r[1] + r[2] for r in rows), [r[0] for r in rows]
base, base_cpu, _ = read(reference)
print(f"{'':34}{'wall s':>8}{'cpu s':>8}  speed x {reference}")
for name in names:
    wall, cpu, all_runs = read(name)
    spread = f"{min(all_runs):.2f}–{max(all_runs):.2f}"
    print(f"{name:34}{wall:8.2f}{cpu:8.2f}{base / wall:9.2f}   ({spread}, cpu {cpu / base_cpu:.2f})" if base_cpu else
          f"{name:34}{wall:8.2f}{cpu:8.2f}{base / wall:9.2f}   ({spread})")
PY
}
