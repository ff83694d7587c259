#!/usr/bin/env bash
# Runs what README.md and the pages of docs show, and the examples in Python and C#:
#   tests/documents/run.sh LIBRARIES CLI COUNTS
# LIBRARIES is the folder of bindings/native/publish.sh, CLI that of bindings/cli-native/publish.sh; COUNTS receives
# "passed failed skipped". The bash blocks of a page run one after another; its python blocks are one program, and so are
# its csharp blocks; each c or cpp block is a program. All of them run in a folder that holds the data the pages name.
# Blocks of other languages are not run, nor those whose fence names, after the language, what they need: a library, or a
# package of docs/install.md, which tests/release runs.
set -uo pipefail
[ $# -eq 3 ] || { echo "usage: run.sh LIBRARIES CLI COUNTS" >&2; exit 2; }
root=$(cd "$(dirname "$0")/../.." && pwd)
libraries=$(cd "$1" && pwd)
cli=$(cd "$2" && pwd)
counts=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LD_LIBRARY_PATH="$libraries" FLOWENGINE_LIBRARY="$libraries/libflowengine.so" PATH="$cli:$PATH"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
. "$root/tests/counting.sh"
. "$root/tests/documents/blocks.sh"

# csharp_class NAME BLOCK...: the blocks as one class, with the using directives in front.
csharp_class() {
    local name=$1
    shift
    sed -nE '/^using [A-Za-z.]+;$/p' "$@" | sort -u
    printf 'internal static class %s\n{\n    public static void Run()\n    {\n' "$name"
    sed -E '/^using [A-Za-z.]+;$/d' "$@"
    printf '    }\n}\n'
}

python=/usr/bin/python3
[ -x "$python" ] || python=python3
if ! "$python" -c 'import numpy' > /dev/null 2>&1; then
    skip "what the documents show" "numpy is not installed"
    echo "0 0 $skipped" > "$counts"
    exit
fi

# The first command of README, with a folder of this script's in place of its own, makes the model that the pages use.
material=$work/material
mkdir -p "$material/runs" "$work/blocks" "$work/pages" "$work/csharp"
check "the data that the pages name" "$python" "$root/tests/documents/material.py" "$material"
blocks sh "$root/README.md" "$work/blocks/readme.sh"
head -n 1 "$work/blocks/readme.sh.1" | sed "s|--out runs/digits|--out $material/runs/digits|" > "$work/first.sh"
check "README's first command is one line" grep -q '^dotnet run .*--data digits' "$work/first.sh"
check "README's first command" bash -e -c "cd '$root' && . '$work/first.sh'"
check "a model of a table" bash -e -c \
    "cd '$material' && flow train --data table.csv --label kind --blocks 2 --hidden 16 --epochs 1 --out runs/table"

programs=()
for page in "$root/README.md" "$root"/docs/*.md; do
    name=$(basename "$page" .md)
    name=${name//-/_}
    folder=$work/pages/$name
    cp -r "$material" "$folder"
    for language in bash python csharp c cpp; do
        blocks "$language" "$page" "$work/blocks/$name.$language"
    done
    shopt -s nullglob
    shell=("$work/blocks/$name".bash.*)
    lines=("$work/blocks/$name".python.*)
    sharp=("$work/blocks/$name".csharp.*)
    native=("$work/blocks/$name".c.* "$work/blocks/$name".cpp.*)
    shopt -u nullglob
    if [ ${#shell[@]} -gt 0 ]; then
        cat "${shell[@]}" > "$folder/page.sh"
        # A page that trains the model of the table itself starts without it.
        grep -q -- '--out runs/table' "$folder/page.sh" && rm -r "$folder/runs/table"
        check "the commands of $name.md" bash -e -c "cd '$folder' && . ./page.sh"
    fi
    if [ ${#lines[@]} -gt 0 ]; then
        cat "${lines[@]}" > "$folder/page.py"
        check "the Python of $name.md" env PYTHONPATH="$root/bindings/python" bash -e -c "cd '$folder' && '$python' page.py"
    fi
    for program in "${native[@]}"; do
        case "$program" in
            *.cpp.*) compiler=(g++ -std=c++17 -x c++) ;;
            *) compiler=(gcc -std=c99 -x c) ;;
        esac
        check "compile ${program##*/}" "${compiler[@]}" -Wall -Wextra -Wpedantic -Werror -I"$root/bindings/c/include" \
            "$program" -x none -o "$folder/program" -L"$libraries" -lflowengine -lm
        check "run ${program##*/}" bash -e -o pipefail -c "cd '$folder' && ./program | tee output.${program##*.}"
    done
    if [ ${#sharp[@]} -gt 0 ]; then
        csharp_class "$name" "${sharp[@]}" > "$work/csharp/$name.cs"
        programs+=("$name")
    fi
done

check "THIRD-PARTY-NOTICES.txt has every package" "$python" "$root/bindings/notices.py"
grep -v '^== Spectre.Console ' "$root/THIRD-PARTY-NOTICES.txt" > "$work/notices.txt"
check "a package that is not in THIRD-PARTY-NOTICES.txt" sh -c "! '$python' '$root/bindings/notices.py' '$work/notices.txt'"

for example in density hmc; do
    check "examples/python/$example.py" env PYTHONPATH="$root/bindings/python" "$python" "$root/examples/python/$example.py"
done
check "examples/csharp" "$root/examples/csharp/bin/Release/net10.0/digits" "$work/digits" 3
check "the pictures of examples/csharp" test -s "$work/digits/drawn.png" -a -s "$work/digits/odd.png"

check "the C++ of bring_your_flow.md prints what zuko recorded" "$python" -c "
import numpy as np
printed, recorded = (np.loadtxt('$work/pages/bring_your_flow/' + name) for name in ('output.1', 'recorded_log_prob.txt'))
assert printed.shape == recorded.shape and np.all(np.abs(printed - recorded) <= 1e-5 * np.maximum(1, np.abs(recorded)))"

# The C# of all pages is built once, with the packages as a stranger finds them.
{
    echo 'string folder = Environment.CurrentDirectory;'
    for name in "${programs[@]}"; do
        printf 'Environment.CurrentDirectory = Path.Combine(folder, "%s");\n%s.Run();\n' "$name" "$name"
    done
} > "$work/csharp/Program.cs"
for project in kernels/FlowEngine.Kernels engine/FlowEngine; do
    check "pack $project" dotnet pack "$root/$project" --configuration Release --nologo --verbosity quiet \
        --output "$root/artifacts/packages"
done
rm -rf "$root/tests/package/obj"
check "build the C# of the pages" dotnet build "$root/tests/package" --configuration Release --nologo --verbosity quiet \
    -p:Programs="$work/csharp" --output "$work/package"
check "the C# of ${programs[*]}" bash -e -c "cd '$work/pages' && '$work/package/PackageTest'"

echo "$passed $failed $skipped" > "$counts"
printf 'documents: %d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
