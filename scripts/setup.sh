# Sourced by ./run and ./check from the root of the tree: finds what is missing, installs it after
# asking, and builds. Looks for capabilities (a compiler that finds its headers, pkg-config modules)
# and not for package names, so it costs milliseconds and is right for whatever provides them.

yes=${yes:-}
[ "${CI:-}" = true ] && yes=1

say() {
    printf '%s\n' "$*" >&2
}

die() {
    say "$@"
    exit 1
}

can() {
    command -v "$1" >/dev/null 2>&1
}

# Names what is missing to build and run, as Debian packages, into the array "missing".
missing_to_build() {
    local module
    printf '#include <stdio.h>\n' | cc -E - >/dev/null 2>&1 || missing+=(gcc libc6-dev)
    can cmake || missing+=(cmake)
    can ninja || missing+=(ninja-build)
    if ! can pkg-config; then
        missing+=(pkg-config "${build_modules[@]}")
    elif ! pkg-config --exists "${!build_modules[@]}"; then
        for module in "${!build_modules[@]}"; do
            pkg-config --exists "$module" || missing+=("${build_modules[$module]}")
        done
    fi
    python3 -ISc 'from importlib.util import find_spec as f; raise SystemExit(not (f("ensurepip") and f("venv")))' \
        2>/dev/null || missing+=(python3 python3-venv)
    [ -e /etc/ssl/certs/ca-certificates.crt ] || [ -e /etc/pki ] || [ -e /etc/ssl/cert.pem ] ||
        missing+=(ca-certificates)
}

# What the tests need on top.
missing_to_test() {
    can pkg-config && pkg-config --exists cmocka || missing+=(libcmocka-dev)
    can clang || missing+=(clang)
    can ccache || missing+=(ccache)
    can git || missing+=(git)
    can setpriv || missing+=(util-linux)
    can openssl || missing+=(openssl)
}

# What "./check long" and "./check fuzz" need: the run-time part of libFuzzer has clang's version in its name.
missing_to_fuzz() {
    can clang || return 0 # the first round installs clang, the second finds its version
    printf 'int LLVMFuzzerTestOneInput(const char *p, long n) { return !p && n; }\n' |
        clang -fsanitize=fuzzer -x c - -o /dev/null 2>/dev/null ||
        missing+=("libclang-rt-$(clang -dumpversion | cut -d. -f1)-dev")
}

# What "./check long" needs for the root of a fresh system; making one takes root.
missing_to_make_roots() {
    [ "$(id -u)" = 0 ] || return 0
    can bwrap || missing+=(bubblewrap)
    can debootstrap || missing+=(debootstrap)
}

declare -A build_modules=(
    [libuv]=libuv1-dev [libcurl]=libcurl4-openssl-dev [json-c]=libjson-c-dev [sqlite3]=libsqlite3-dev
    [yaml-0.1]=libyaml-dev [ncursesw]=libncurses-dev [libseccomp]=libseccomp-dev)

is_debian() {
    local ID='' ID_LIKE=''
    [ -r /etc/os-release ] && . /etc/os-release
    case " $ID $ID_LIKE " in
    *' debian '* | *' ubuntu '*) can apt-get ;;
    *) return 1 ;;
    esac
}

# ask_to_install NAME...: true when the person, --yes or CI agrees.
ask_to_install() {
    local answer=''
    say "To be installed with apt-get: $*"
    [ -n "$yes" ] && return 0
    [ -t 0 ] || die "Nothing was installed: there is no terminal to ask on. Run it again with --yes."
    read -r -p 'Install them now? [Y/n] ' answer
    case $answer in
    '' | [Yy]*) return 0 ;;
    *) return 1 ;;
    esac
}

install_packages() {
    local root=()
    is_debian || die "This is neither Debian nor Ubuntu, so nothing was installed. Please install what these" \
        "Debian packages hold, and run it again:" "$*"
    if [ "$(id -u)" != 0 ]; then
        can sudo || die "Missing: $*" "There is no sudo here. As root, run: apt-get install $*"
        root=(sudo)
    fi
    ask_to_install "$@" || die "Nothing was installed. DiSE needs: $*"
    root+=(env DEBIAN_FRONTEND=noninteractive)
    # A package system that was interrupted earlier refuses everything until it is set right.
    [ -z "$(dpkg --audit)" ] || "${root[@]}" dpkg --configure -a >&2
    # One unreachable source of many is no reason to stop: the installation tells whether it mattered.
    "${root[@]}" apt-get update -q >&2 || say "apt-get update reports errors; going on with the lists there are."
    "${root[@]}" apt-get install -q -y --no-install-recommends "$@" >&2 ||
        die "apt-get could not install all of: $*"
}

# need FUNCTION...: runs the functions that name what is missing and installs it. A second look afterwards
# catches a package whose name depends on one that came first.
need() {
    local round check
    for round in 1 2; do
        missing=()
        for check in "$@"; do
            "$check"
        done
        [ ${#missing[@]} -gt 0 ] || return 0
        install_packages $(printf '%s\n' "${missing[@]}" | sort -u)
        hash -r
    done
    missing=()
    for check in "$@"; do
        "$check"
    done
    [ ${#missing[@]} -eq 0 ] || die "Installed, but still not found: ${missing[*]}"
}

# configure FOLDER OPTION...: only when there is no complete configuration with these options yet.
configure() {
    local folder=$1 stamp=$1/.configured wanted
    shift
    wanted="$PWD $*"
    # More options than asked for are welcome: ./check builds its tests where ./run builds the program.
    if [ -f "$folder/build.ninja" ] && [ -f "$stamp" ] && [[ "$(<"$stamp") " == "$wanted "* ]]; then
        return 0
    fi
    # A tree that was moved or copied brings a cache of absolute names that cmake refuses.
    if [ -f "$folder/CMakeCache.txt" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" "$folder/CMakeCache.txt"; then
        rm -rf "$folder/CMakeCache.txt" "$folder/CMakeFiles"
    fi
    rm -f "$stamp"
    cmake -S . -B "$folder" -G Ninja "$@" && printf '%s\n' "$wanted" >"$stamp"
}

# build FOLDER TARGET...: one moving line on a terminal, every line elsewhere, nothing when nothing was to do.
build() {
    local folder=$1
    shift
    NINJA_STATUS='[%f/%t, %es] ' ninja -C "$folder" "$@" 2>&1 | progress
    return "${PIPESTATUS[0]}"
}

progress() {
    local line width=0
    [ -t 2 ] && width=$(tput cols 2>/dev/null || echo 80)
    while IFS= read -r line; do
        case $line in
        "ninja: Entering"* | *"Re-checking globbed"* | "ninja: no work to do.") continue ;;
        '['*'] '*)
            if [ "$width" -gt 0 ]; then
                printf '\r\033[K%.*s' $((width - 1)) "$line" >&2
                continue
            fi
            ;;
        *) [ "$width" -gt 0 ] && printf '\r\033[K' >&2 ;;
        esac
        printf '%s\n' "$line" >&2
    done
    [ "$width" -gt 0 ] && printf '\r\033[K' >&2
    return 0
}
