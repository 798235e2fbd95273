# shellcheck shell=bash disable=SC2034 # the lists are read by name
# What packaging/run and packaging/test share: finding out what is missing, and installing it. Sourced by bash.

cay_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
die() {
    printf '%s\n' "$*" >&2
    exit 1
}

# A package, or command:package where the command may have come from elsewhere.
cay_apt_build=(cmake:cmake ninja:ninja-build g++:g++ pkg-config:pkg-config ccache:ccache qt6-base-dev libgl-dev liburing-dev
    libjemalloc-dev liblzf-dev libxxhash-dev libedit-dev libsystemd-dev)
cay_apt_test=(python3:python3 redis-server:redis-server redis-cli:redis-tools python3-redis node:nodejs npm:npm clang++:clang
    libclang-rt-dev clang-format:clang-format)
# Homebrew. macOS brings libedit and the compiler.
cay_brew_build=(cmake:cmake ninja:ninja pkg-config:pkg-config ccache:ccache qtbase jemalloc liblzf xxhash)
cay_brew_test=(redis-server:redis python3:python3 node:node clang-format:clang-format)

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "This needs root, and there is no sudo: $*"
    fi
}

installed() {
    if command -v dpkg-query >/dev/null; then
        dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q '^install ok installed'
    else
        brew list --formula "$1" >/dev/null 2>&1
    fi
}

missing_of() {
    local entry
    for entry in "$@"; do
        case $entry in
            *:*) command -v "${entry%%:*}" >/dev/null || printf '%s\n' "${entry#*:}" ;;
            *) installed "$entry" || printf '%s\n' "$entry" ;;
        esac
    done
}

# Packages of servers start them when they are installed, unless the machine says no.
without_services() (
    policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then
        trap 'as_root rm -f $policy' EXIT
        printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
        as_root chmod 755 $policy
    fi
    "$@"
)

apt_get() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -q "$@" </dev/null; }

apt_install() {
    apt_get update || { say "apt-get update failed: is there a network?"; return 1; }
    local status=0 name
    if ! without_services apt_get install -y --no-install-recommends "$@"; then
        # One that cannot be had must not keep the others away.
        for name in "$@"; do
            without_services apt_get install -y --no-install-recommends "$name" || status=1
        done
    fi
    # It is there for the tests, which start it themselves: it need not run from the next boot on.
    if [[ " $* " == *" redis-server "* ]] && command -v systemctl >/dev/null; then
        as_root systemctl --quiet disable redis-server </dev/null >/dev/null 2>&1 || true
    fi
    return $status
}

brew_install() { HOMEBREW_NO_AUTO_UPDATE=1 brew install "$@" </dev/null; }

# need build: what compiles Cay. need test: what the tests use beside that. False when something could not be had.
need() {
    local manager list missing
    if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then
        manager=apt
    elif command -v brew >/dev/null; then
        manager=brew
    else
        say "Neither apt-get nor brew is here: what the list in packaging/lib/setup.sh names has to be installed already."
        return 0
    fi
    list="cay_${manager}_$1[@]"
    missing=$(missing_of "${!list}")
    [ -n "$missing" ] || return 0
    say "Installing: ${missing//$'\n'/ }"
    # shellcheck disable=SC2086
    "${manager}_install" $missing
}

need_to_build() {
    need build || die "What compiles Cay could not be installed; see above."
    local version
    version=$(cmake --version | sed -n 's/^cmake version \([0-9]*\.[0-9]*\).*/\1/p')
    [ "$(printf '3.25\n%s\n' "$version" | sort -V | head -n 1)" = 3.25 ] || die "Cay needs CMake 3.25 or later; this is $version."
}

jobs_here() { nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2; }

# build PRESET [TARGET...]: configures once, builds what is not up to date.
build() {
    cd "$cay_root" || return
    [ -f "build/$1/build.ninja" ] || cmake --preset "$1" </dev/null
    cmake --build --preset "$1" --parallel "$(jobs_here)" ${2:+--target "${@:2}"} </dev/null
}
