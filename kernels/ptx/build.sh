#!/usr/bin/env bash
# Makes the C text and the PTX of all kernels anew. Needs the .NET SDK and the clang below.
#   kernels/ptx/build.sh            writes generated/ASSEMBLY/CLASS.c and ASSEMBLY/CLASS.sm_80.ptx beside this script
#   kernels/ptx/build.sh --check    makes them elsewhere, and ends with 1 where the committed files differ
set -euo pipefail
cd "$(dirname "$0")/../.."
export LC_ALL=C DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

# Assembly, and its project's folder. A folder that is absent is passed over.
assemblies=(
    "FlowEngine.Kernels kernels/FlowEngine.Kernels"
    "FlowEngine.Conformance kernels/FlowEngine.Conformance"
)

compiler=clang-19
compiler_version="Debian clang version 19.1.7 (3~deb12u1)"
preludes=kernels/FlowEngine.KernelCompiler/Preludes
emit=kernels/FlowEngine.KernelCompiler.Emit
committed=kernels/ptx

cuda_options=(
    -x cuda --cuda-device-only -nocudainc -nocudalib -nostdinc -S -O3
    --cuda-gpu-arch=sm_80 --cuda-feature=+ptx75 -ffp-contract=off -fwrapv
    -Wall -Wno-unused -Wdouble-promotion -Werror
    # The pass splits a vector load whose elements are used one by one, and not all are put together again.
    -mllvm -disable-vector-combine
)
opencl_options=(
    -x cl -cl-std=CL1.2 -Xclang -finclude-default-header -fsyntax-only -target spir64-unknown-unknown
    -Wall -Wno-unused -Wdouble-promotion -Werror
)

fail() { echo "build.sh: $1" >&2; exit 2; }

check=false
case "$#:${1:-}" in
    0:) ;;
    1:--check) check=true ;;
    *) fail "expected no argument, or --check" ;;
esac

# Another version makes another text of the same kernel, so every file would differ.
found=$({ "$compiler" --version 2>&1 || true; } | sed -n 1p)
[ "$found" = "$compiler_version" ] || fail "$compiler must be \"$compiler_version\", but is \"$found\""

# The assemblies a project is compiled against; builds those of other projects first.
references() {
    dotnet restore "$1" --verbosity quiet >&2
    dotnet msbuild "$1" -property:Configuration=Release \
        -target:ResolveReferences -getItem:ReferencePath | sed -n 's/^ *"Identity": "\(.*\)",$/\1/p'
}

sources() {
    find "$1" -name '*.cs' -not -path '*/bin/*' -not -path '*/obj/*' | sort
}

# The kernels of one assembly, into $made.
make_assembly() {
    local assembly=$1 folder=$2 dlls files class hash body
    references "$folder" >"$temporary/references"
    mapfile -t dlls <"$temporary/references"
    mapfile -t files < <(sources "$folder")
    dotnet "$emit_assembly" \
        --assembly "$assembly" --out "$made/generated" --reference "${dlls[@]}" "${files[@]}" >"$temporary/classes"
    mkdir -p "$made/$assembly"
    while read -r class hash; do
        while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do
            wait -n
        done
        make_class "$assembly" "$class" "$hash" &
    done <"$temporary/classes"
    while [ -n "$(jobs -p)" ]; do
        wait -n
    done
}

make_class() {
    local assembly=$1 class=$2 hash=$3 body="$made/generated/$1/$2.c"
    # By way of the standard input, so that no path can show in the output.
    cat "$preludes/opencl.h" "$body" | "$compiler" "${opencl_options[@]}" -
    {
        echo "// flowengine-sha256: $hash"
        cat "$preludes/cuda.h" "$body" | "$compiler" "${cuda_options[@]}" - -o -
    } >"$made/$assembly/$class.sm_80.ptx"
    echo "$assembly $class"
}

# What a build makes, as paths below a folder.
outputs() {
    (cd "$1" && find . -name '*.sm_80.ptx' -o -path './generated/*' -type f) | sort
}

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
made=$temporary/ptx
mkdir "$made"

if ! dotnet build "$emit" --configuration Release --nologo --verbosity quiet >"$temporary/build.log"; then
    cat "$temporary/build.log" >&2
    exit 1
fi

emit_assembly=$(dotnet msbuild "$emit" -property:Configuration=Release -getProperty:TargetPath)
for row in "${assemblies[@]}"; do
    read -ra fields <<<"$row"
    if [ -d "${fields[1]}" ]; then
        make_assembly "${fields[@]}"
    fi
done

differences=0
differs() {
    echo "$1 $2"
    differences=$((differences + 1))
}

while read -r path; do
    if [ ! -f "$made/$path" ]; then
        differs "no kernel makes" "$path"
        "$check" || rm "$committed/$path"
    fi
done < <(outputs "$committed")

while read -r path; do
    if ! cmp -s "$made/$path" "$committed/$path"; then
        differs "changed:" "$path"
        "$check" || { mkdir -p "$(dirname "$committed/$path")" && cp "$made/$path" "$committed/$path"; }
    fi
done < <(outputs "$made")

if ! "$check"; then
    find "$committed" -mindepth 1 -type d -empty -delete
elif [ "$differences" -gt 0 ]; then
    echo "run kernels/ptx/build.sh"
    exit 1
fi
