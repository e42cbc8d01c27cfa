#!/usr/bin/env bash
# Makes a bare Debian machine able to build Bencao, then runs a command with the right environment.
#
#   scripts/bootstrap.sh                 check or install the system packages, build RocksDB once, print the exports
#   scripts/bootstrap.sh COMMAND ARG…    the same, then run COMMAND with those exports
#
# Messages go to stderr; stdout carries nothing but the exports or COMMAND's own output.
# Needs no terminal, no stdin and no UTF-8 locale. Exit 2: something is missing that only the administrator can install.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
export HOME="${HOME:-$(cd ~ && pwd)}"

say() { printf 'bootstrap: %s\n' "$*" >&2; }

# --- system packages -------------------------------------------------------------------------------------------------

# Any libclang will do: RocksDB's bindings are generated at build time. libclang-cpp is another library.
have_libclang() {
    [ -n "${LIBCLANG_PATH:-}" ] && return 0
    compgen -G '/usr/lib/*/libclang.so*' >/dev/null || compgen -G '/usr/lib/*/libclang-[0-9]*.so*' >/dev/null ||
        compgen -G '/usr/lib/llvm-*/lib/libclang.so*' >/dev/null ||
        compgen -G '/usr/lib/llvm-*/lib/libclang-[0-9]*.so*' >/dev/null || compgen -G '/usr/lib64/libclang.so*' >/dev/null
}

# The compiler's own headers (stdbool.h and friends), without which libclang cannot read RocksDB's C header.
have_clang_headers() {
    [ -n "${BINDGEN_EXTRA_CLANG_ARGS:-}" ] && return 0
    compgen -G '/usr/lib/llvm-*/lib/clang/*/include/stdbool.h' >/dev/null ||
        compgen -G '/usr/lib/clang/*/include/stdbool.h' >/dev/null
}

missing_packages() {
    command -v g++ >/dev/null || echo g++
    command -v make >/dev/null || echo make
    have_libclang || echo libclang1-14
    have_clang_headers || echo libclang-common-14-dev
    command -v openssl >/dev/null || echo openssl
}

apt_install() {
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@" </dev/null >&2
}

ensure_packages() {
    local packages
    mapfile -t packages < <(missing_packages)
    [ ${#packages[@]} -eq 0 ] && return 0
    local line="apt-get install -y --no-install-recommends ${packages[*]}"
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        say "missing: ${packages[*]}. As root, run:"
        printf '    %s\n' "$line" >&2
        exit 2
    fi
    say "installing ${packages[*]} (about a minute)"
    apt_install "${packages[@]}" && return 0
    say "that failed; refreshing the package lists and trying once more"
    apt-get update </dev/null >&2
    apt_install "${packages[@]}" || { say "could not install ${packages[*]}; run by hand: $line"; exit 2; }
}

ensure_cargo() {
    [ -d "$HOME/.cargo/bin" ] && PATH="$PATH:$HOME/.cargo/bin"
    command -v cargo >/dev/null && return 0
    say "cargo not found; Bencao needs Rust $(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$root/Cargo.toml") or newer"
    exit 2
}

# --- RocksDB, built once per version, features and target --------------------------------------------------------------

rocksdb_version() { sed -n '/^name = "librocksdb-sys"$/{n;s/^version = "\(.*\)"$/\1/p}' "$root/Cargo.lock"; }

# The features that change the archive; bindgen-runtime only concerns the bindings.
rocksdb_features() {
    sed -n 's/^rocksdb = .*features = \[\(.*\)\].*/\1/p' "$root/Cargo.toml" | tr -d '" ' | tr ',' '\n' |
        grep -v '^bindgen-' | LC_ALL=C sort | paste -sd- -
}

is_archive() { [ -s "$1" ] && [ "$(head -c 7 "$1")" = '!<arch>' ]; }

# A RocksDB source file can take a gigabyte to compile; fewer jobs beat the out-of-memory killer.
build_jobs() {
    local cores memory
    cores=$(nproc 2>/dev/null || echo 1)
    memory=$(awk '/^MemAvailable:/ { print int($2 / 1200000) }' /proc/meminfo 2>/dev/null || true)
    [ "${memory:-$cores}" -ge 1 ] || memory=1
    echo $((cores < ${memory:-$cores} ? cores : ${memory:-$cores}))
}

report_progress() { # build folder
    local minutes=0
    while sleep 60 >/dev/null 2>&1; do # holds no stream of ours after we have gone
        minutes=$((minutes + 1))
        say "RocksDB: $(find "$1" -path '*librocksdb-sys*' -name '*.o' 2>/dev/null | wc -l) of about 340 files after $minutes min"
    done
}

build_rocksdb() { # destination folder
    local destination="$1" build="$1.build" log="$1.log" jobs archive status=0
    jobs=$(build_jobs)
    # Measured: 22 minutes of processor time.
    say "building RocksDB once for this machine, $jobs files at a time: about $((22 / jobs + 1)) minutes if idle; log: $log"
    report_progress "$build" &
    local reporter=$!
    trap "kill $reporter 2>/dev/null || true" EXIT
    (cd "$root" && env -u ROCKSDB_LIB_DIR -u ROCKSDB_STATIC -u RUSTC_WRAPPER CARGO_TARGET_DIR="$build" \
        cargo build --release --locked --jobs "$jobs" --package librocksdb-sys) </dev/null >"$log" 2>&1 || status=$?
    kill "$reporter" 2>/dev/null || true
    wait "$reporter" 2>/dev/null || true
    trap - EXIT
    archive=$(find "$build" -path '*/out/librocksdb.a' 2>/dev/null | head -n 1)
    if [ "$status" -ne 0 ] || [ -z "$archive" ]; then
        tail -n 30 "$log" >&2 || true
        say "RocksDB did not build; the whole log is $log"
        exit 1
    fi
    # Renamed into place, so that an interrupted copy is never taken for the archive.
    mkdir -p "$destination"
    cp "$archive" "$destination/librocksdb.a.new"
    mv "$destination/librocksdb.a.new" "$destination/librocksdb.a"
    rm -rf "$build" "$log"
}

ensure_rocksdb() {
    if [ -n "${ROCKSDB_LIB_DIR:-}" ]; then
        export ROCKSDB_STATIC="${ROCKSDB_STATIC:-1}"
        return 0
    fi
    local target cache folder
    target="${CARGO_BUILD_TARGET:-$(rustc -vV | sed -n 's/^host: //p')}"
    cache="${XDG_CACHE_HOME:-$HOME/.cache}/bencao/rocksdb"
    folder="$cache/$(rocksdb_version)-$(rocksdb_features)-$target"
    mkdir -p "$cache"
    if ! is_archive "$folder/librocksdb.a"; then
        # Two builds started together wait for each other instead of compiling everything twice.
        exec 9>"$folder.lock"
        command -v flock >/dev/null && flock 9
        is_archive "$folder/librocksdb.a" || build_rocksdb "$folder"
        exec 9>&-
        say "RocksDB is ready in $folder"
    fi
    export ROCKSDB_LIB_DIR="$folder" ROCKSDB_STATIC=1
}

ensure_cargo
ensure_packages
ensure_rocksdb

if [ $# -gt 0 ]; then
    exec "$@"
fi
printf 'export ROCKSDB_LIB_DIR=%q\nexport ROCKSDB_STATIC=%q\n' "$ROCKSDB_LIB_DIR" "$ROCKSDB_STATIC"
