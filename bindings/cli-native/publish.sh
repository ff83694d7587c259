#!/usr/bin/env bash
# Publishes the flow command without a runtime into a folder, with the licences of what it contains:
#   publish.sh FOLDER
# On x86-64 Linux that is flow, which starts flow-v3 (AVX2) or flow-v4 (AVX-512); elsewhere the one program.
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: publish.sh FOLDER" >&2; exit 2; }
mkdir -p "$1"
target=$(cd "$1" && pwd)
cd "$(dirname "$0")"

publish() {
    dotnet publish FlowEngine.Cli.Native.csproj --configuration Release --nologo --verbosity quiet -p:FlowImage="$1"
    local published
    published=$(echo bin/Release/net*/*/publish)
    cp "$published/$2" "$target/$2${1:+-$1}"
    cat ../../THIRD-PARTY-NOTICES.txt "$published/THIRD-PARTY-NOTICES.TXT" > "$target/THIRD-PARTY-NOTICES.txt"
}

if [ "$(uname -s)-$(uname -m)" != Linux-x86_64 ]; then
    case "$(uname -s)" in
        Linux | Darwin) publish "" flow ;;
        *) publish "" flow.exe ;;
    esac
    exit
fi

publish v3 flow
publish v4 flow
"${CC:-gcc}" -std=gnu11 -O2 -Wall -Wextra -Werror chooser.c -o "$target/flow"
