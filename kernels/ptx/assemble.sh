#!/usr/bin/env bash
# Assembles the PTX of all kernels with NVIDIA's ptxas, and keeps in registers.txt what each needs: registers, bytes of
# shared memory that the text fixes, bytes of spills, and how many groups of it a multiprocessor has room for by these (a
# launch may ask for more shared memory). The assembler is Debian's (component non-free), unpacked into
# artifacts/ptxas with apt lists of its own; nothing of the system changes.
#   kernels/ptx/assemble.sh            writes registers.txt
#   kernels/ptx/assemble.sh --check    ends with 1 where registers.txt differs
# Ends with 1 where a kernel does not assemble, or spills: Loop.Opaque keeps addresses out of registers across a loop.
# Ends with 3 where there is no assembler and none can be had.
set -euo pipefail
cd "$(dirname "$0")/../.."
export LC_ALL=C

package=nvidia-cuda-toolkit
version=11.8.89~11.8.0-5~deb12u1
tools=artifacts/ptxas
ptxas=$tools/usr/bin/ptxas
committed=kernels/ptx/registers.txt

check=false
case "$#:${1:-}" in
    0:) ;;
    1:--check) check=true ;;
    *) echo "assemble.sh: expected no argument, or --check" >&2; exit 2 ;;
esac

# Another version gives other numbers.
get_assembler() {
    local key=/usr/share/keyrings/debian-archive-keyring.gpg lists
    command -v apt-get >/dev/null && command -v dpkg >/dev/null && [ "$(dpkg --print-architecture)" = amd64 ] || return
    [ -f "$key" ] || return
    lists=$(mktemp -d)
    mkdir -p "$lists/lists/partial" "$lists/cache/archives/partial"
    echo "deb [signed-by=$key] http://deb.debian.org/debian bookworm non-free" >"$lists/sources.list"
    (
        cd "$lists"
        options=(-o "Dir::Etc::SourceList=$lists/sources.list" -o Dir::Etc::SourceParts=- -o Dir::Etc::Parts=-
            -o "Dir::State::Lists=$lists/lists" -o "Dir::Cache=$lists/cache")
        apt-get "${options[@]}" -qq update && apt-get "${options[@]}" -qq download "$package=$version"
    ) >"$lists/log" 2>&1 || { rm -rf "$lists"; return 1; }
    mkdir -p "$tools"
    dpkg -x "$lists/$package"_*.deb "$lists/tree"
    mkdir -p "$tools/usr/bin"
    mv "$lists/tree/usr/bin/ptxas" "$tools/usr/bin/"
    rm -rf "$lists"
}

if [ ! -x "$ptxas" ] && ! get_assembler; then
    echo "assemble.sh: Debian's non-free $package $version cannot be had" >&2
    exit 3
fi

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT

# The lines of ptxas -v: a kernel's name, its spills, its registers and shared memory; the threads of a group are in the
# text. A multiprocessor has 65,536 registers, which a warp takes by 256, 2,048 threads, 32 groups, and 164 (8.0) or 228
# (9.0) KiB of shared memory, of which a group takes 1 KiB more than it says.
assemble() {
    local target=$1 file=$2
    { grep -E '^\.visible \.entry|^\.maxntid' "$file"; "$ptxas" -v --gpu-name "$target" "$file" --output-file /dev/null 2>&1; } \
        | awk -v target="$target" '
        function least(a, b) { return a < b ? a : b }
        /^\.visible/ { split($3, parts, "("); named = parts[1] }
        /^\.maxntid/ { threads[named] = $2 + 0 }
        /Compiling entry function/ { split($0, parts, "\047"); kernel = parts[2] }
        /bytes spill stores/ { spills = $5 + $9 }
        /Used [0-9]+ registers/ {
            shared = match($0, /[0-9]+ bytes smem/) ? substr($0, RSTART, RLENGTH) + 0 : 0
            warps = int((threads[kernel] + 31) / 32)
            groups = least(32, int(64 / warps))
            groups = least(groups, int(int(65536 / (int(($5 * 32 + 255) / 256) * 256)) / warps))
            groups = least(groups, int((target == "sm_80" ? 164 : 228) * 1024 / (shared + 1024)))
            printf "%-44s %s %4d %6d %6d %6d\n", kernel, target, $5, shared, spills, groups
            found = 1
        }
        /error|fatal/ { print | "cat >&2" }
        END { exit !found }'
}
export -f assemble
export ptxas

find kernels/ptx -name '*.ptx' | sort >"$temporary/files"
while read -r file; do printf 'sm_80 %s\nsm_90 %s\n' "$file" "$file"; done <"$temporary/files" \
    | xargs -P "$(nproc)" -n 2 bash -c 'assemble "$@"' assemble >"$temporary/lines"
{
    echo "# What ptxas $version makes of each kernel: registers, bytes of shared memory in the text, bytes"
    echo "# spilled, groups on a multiprocessor."
    printf '%-44s target regs shared spills groups\n' '# kernel'
    sort "$temporary/lines"
} >"$temporary/registers.txt"

spilling=$(awk '/^[^#]/ && $5 > 0 { print $1 " spills " $5 " bytes on " $2 }' "$temporary/registers.txt")
if [ -n "$spilling" ]; then
    echo "$spilling" >&2
    exit 1
elif ! "$check"; then
    cp "$temporary/registers.txt" "$committed"
elif ! diff -U0 "$committed" "$temporary/registers.txt" >"$temporary/difference"; then
    grep '^[-+][^-+]' "$temporary/difference"
    echo "registers.txt differs: run kernels/ptx/assemble.sh"
    exit 1
fi
