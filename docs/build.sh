#!/usr/bin/env bash
# Makes the documents and the API reference as a site of static pages:
#   docs/build.sh FOLDER
# The reference of C# is made by DocFX from the doc comments of the built libraries (dotnet build FlowEngine.sln -c Release), that
# of C and C++ by Doxygen from their headers where Doxygen is installed. A page that names what is not there is an error.
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: build.sh FOLDER" >&2; exit 2; }
mkdir -p "$1"
site=$(cd "$1" && pwd)
cd "$(dirname "$0")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

# DocFX is a tool of .NET, of the version in .config/dotnet-tools.json. It wants all pages, and all that they link to, below one
# folder.
dotnet tool restore --verbosity quiet > /dev/null
stage=$PWD/obj/stage
rm -rf "$stage"
mkdir -p "$stage"
(cd .. && find . -path ./docs/obj -prune -o \( -name bin -o -name obj -o -name artifacts -o -name '.*' ! -name . \) -prune -o \
    -type f \( -name '*.md' -o -name '*.png' -o -name '*.svg' -o -name '*.cs' -o -name '*.h' -o -name '*.hpp' -o -name '*.c' -o -name '*.cpp' \
    -o -name '*.py' -o -name '*.txt' -o -name '*.props' -o -path ./docs/toc.yml \) -exec cp --parents {} "$stage" \;)
cp docfx.json "$stage"
printf -- '- name: Documents\n  href: docs/toc.yml\n- name: API of C#\n  href: api/toc.yml\n' > "$stage/toc.yml"
cp "$stage/README.md" "$stage/index.md"
dotnet docfx metadata "$stage/docfx.json" --logLevel warning --warningsAsErrors
dotnet docfx build "$stage/docfx.json" --output "$site" --logLevel warning --warningsAsErrors

if command -v doxygen > /dev/null; then
    doxygen - <<END
PROJECT_NAME = FlowEngine
INPUT = ../bindings/c/include
FILE_PATTERNS = *.h *.hpp
RECURSIVE = YES
OUTPUT_DIRECTORY = $site
HTML_OUTPUT = c
GENERATE_LATEX = NO
HAVE_DOT = NO
OPTIMIZE_OUTPUT_FOR_C = YES
EXTRACT_ALL = YES
JAVADOC_AUTOBRIEF = YES
MACRO_EXPANSION = YES
EXPAND_ONLY_PREDEF = YES
PREDEFINED = FLOW_API=
QUIET = YES
WARN_IF_UNDOCUMENTED = NO
WARN_IF_INCOMPLETE_DOC = NO
WARN_AS_ERROR = YES
END
fi
