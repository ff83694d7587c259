#!/usr/bin/env bash
# Installs every package of a release where nothing of it is, and runs there what docs/install.md and the package's README show:
#   tests/release/run.sh PACKAGES COUNTS
# PACKAGES is the folder that bindings/release.sh filled; COUNTS receives "passed failed skipped". Packages of .NET are installed
# in empty folders with an empty cache of packages. The tarball and the wheel are installed in a minimal Debian 12, which
# debootstrap makes once, as root, in artifacts/debian.
set -uo pipefail
[ $# -eq 2 ] || { echo "usage: run.sh PACKAGES COUNTS" >&2; exit 2; }
root=$(cd "$(dirname "$0")/../.." && pwd)
packages=$(cd "$1" && pwd)
counts=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
. "$root/tests/counting.sh"
. "$root/tests/documents/blocks.sh"
page=$root/docs/install.md
debian=$root/artifacts/debian
python=/usr/bin/python3
[ -x "$python" ] || python=python3

# shown LANGUAGE PAGE: the blocks of a language, one after another.
shown() {
    rm -f "$work"/block.*
    blocks "$1" "$2" "$work/block"
    cat "$work"/block.* 2> /dev/null
}

# packed NAME PACKAGE: a file of a package, by the end of its name.
packed() {
    "$python" -c 'import sys, zipfile
with zipfile.ZipFile(sys.argv[2]) as package:
    (name,) = (name for name in package.namelist() if name.endswith(sys.argv[1]))
    sys.stdout.buffer.write(package.read(name))' "$1" "$2"
}

check "the sums" sh -c "cd '$packages' && sha256sum --check --quiet SHA256SUMS"
check "the sizes that install.md names" "$python" "$root/tests/release/sizes.py" "$packages"
cat "$work/output"
glibc=$(basename "$packages"/*_x86_64.whl | sed -nE 's/.*manylinux_([0-9]+)_([0-9]+)_.*/\1.\2/p')
check "the glibc that install.md names" grep -q "glibc $glibc or newer" "$page"

# --- .NET ----------------------------------------------------------------------------------------------------------

# Each package in a folder of its own, by the commands of install.md with its name in the place of FlowEngine.
dotnet_packages() {
    local home=$work/home package name folder
    mkdir -p "$home"
    isolated() { # FOLDER SCRIPT
        env -u NUGET_PACKAGES HOME="$home" DOTNET_CLI_HOME="$home" PATH="$work/tool/tools:$PATH" \
            bash -e -c 'cd "$1" && test -s "$2" && . "$2"' isolated "$1" "$2"
    }
    mkdir "$work/tool"
    ln -s "$packages" "$work/tool/packages"
    shown "bash tool" "$page" > "$work/tool/page.sh"
    check "install the tool" isolated "$work/tool" ./page.sh
    for package in "$packages"/*.nupkg; do
        name=$(basename "$package" | sed -E 's/\.[0-9]+\.[0-9]+\.[0-9]+\.nupkg$//')
        folder=$work/dotnet/$name
        mkdir -p "$folder/program"
        ln -s "$packages" "$folder/packages"
        packed README.md "$package" > "$folder/README.md"
        shown bash "$folder/README.md" > "$folder/readme.sh"
        shown csharp "$folder/README.md" > "$folder/Program.cs"
        if [ -s "$folder/Program.cs" ]; then
            shown "bash dotnet" "$page" | sed -E "s/(package )FlowEngine$/\1$name/" > "$folder/page.sh"
            # The commands of the README and its program come before the last line, which runs the program.
            sed -i -e '$i (cd program && . ../readme.sh)' -e '$i cp Program.cs program' "$folder/page.sh"
            check "install $name and run its README" isolated "$folder" ./page.sh
        else
            check "run the README of $name" isolated "$folder" ./readme.sh
        fi
    done
}

# --- Debian --------------------------------------------------------------------------------------------------------

# inside ROOT SCRIPT: runs a script in the folder /home/flow of a root, with its own processes and environment.
inside() {
    unshare --mount --pid --fork --mount-proc="$debian/$1/proc" chroot "$debian/$1" /usr/bin/env -i HOME=/home/flow \
        PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin bash -e -c 'cd /home/flow && test -s "$1" && . "$1"' inside "$2"
}

# Two roots: one has nothing but the minimal system, the other also what C and Python need.
make_roots() {
    [ ! -f "$debian/made" ] || return 0
    command -v debootstrap > /dev/null || apt-get install -y -qq --no-install-recommends debootstrap || return
    rm -rf "$debian"
    mkdir -p "$debian"
    debootstrap --variant=minbase bookworm "$debian/minimal" && mkdir "$debian/minimal/home/flow" || return
    cp -a "$debian/minimal" "$debian/tools"
    echo 'DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends gcc g++ cmake make pkg-config \
        python3-venv python3-numpy && apt-get clean' > "$debian/tools/home/flow/install.sh"
    inside tools ./install.sh && touch "$debian/made"
}

debian_packages() {
    local home=$debian/minimal/home/flow other=$debian/tools/home/flow
    rm -rf "$home" "$other"
    mkdir -p "$home"
    "$python" "$root/tests/documents/material.py" "$home" || return
    cp -r "$packages" "$home/packages"
    shown "bash tarball" "$page" > "$home/page.sh"
    shown bash "$root/README.md" > "$home/readme.sh"
    check "install the tarball" inside minimal ./page.sh
    # The way to the command is the page's; the rest has run.
    { grep '^export PATH' "$home/page.sh"; cat "$home/readme.sh"; } > "$home/command.sh"
    check "the commands of README, from the tarball" inside minimal ./command.sh

    cp -r "$home" "$other"
    shown c "$other/flowengine/README.md" > "$other/program.c"
    shown "bash c" "$page" > "$other/page.sh"
    check "C and C++ with the tarball" inside tools ./page.sh
    packed METADATA "$packages"/*_x86_64.whl > "$work/METADATA"
    shown python "$work/METADATA" > "$other/program.py"
    shown "bash python" "$page" > "$other/page.sh"
    check "the README of the wheel has a program" test -s "$other/program.py"
    check "install the wheel and run its README" inside tools ./page.sh
    rm -rf "$home" "$other"
}

dotnet_packages
if [ "$(id -u)" -ne 0 ]; then
    skip "the tarball and the wheel in a minimal Debian" "debootstrap needs root"
elif ! make_roots > "$work/output" 2>&1; then
    skip "the tarball and the wheel in a minimal Debian" "$(tail -n 1 "$work/output")"
else
    debian_packages
fi
echo "$passed $failed $skipped" > "$counts"
printf 'release: %d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
