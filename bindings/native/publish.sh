#!/usr/bin/env bash
# Publishes the native library into a folder, with the licences of what it contains:
#   publish.sh FOLDER [linux-arm64]
# On x86-64 Linux that is libflowengine.so, which picks libflowengine-v3.so (AVX2) or -v4.so (AVX-512); elsewhere one
# image, libflowengine.dylib, flowengine.dll or libflowengine.so. With linux-arm64, Linux on x86-64 makes the library of
# 64-bit ARM: that needs clang (19, or CLANG) and Debian's gcc-aarch64-linux-gnu.
set -euo pipefail
[ $# -eq 1 ] || { [ $# -eq 2 ] && [ "$2" = linux-arm64 ]; } || { echo "usage: publish.sh FOLDER [linux-arm64]" >&2; exit 2; }
mkdir -p "$1"
target=$(cd "$1" && pwd)
cd "$(dirname "$0")"
header=../c/include/flowengine.h

# publish IMAGE FILE RUNTIME [OPTION...]
publish() {
    dotnet publish FlowEngine.Native.csproj --configuration Release --nologo --verbosity quiet -p:FlowImage="$1" "${@:4}"
    local published
    published=$(echo bin/Release/net*/$3/publish)
    cp "$published/$2" "$target/"
    cat ../../THIRD-PARTY-NOTICES.txt "$published/THIRD-PARTY-NOTICES.TXT" > "$target/THIRD-PARTY-NOTICES.txt"
}

if [ $# -eq 2 ]; then
    publish "" libflowengine.so "$2" --runtime "$2" -p:CppCompilerAndLinker="${CLANG:-clang-19}" \
        -p:ObjCopyName=aarch64-linux-gnu-objcopy
    exit
fi

if [ "$(uname -s)-$(uname -m)" != Linux-x86_64 ]; then
    case "$(uname -s)" in
        Linux) publish "" libflowengine.so "*" ;;
        Darwin) publish "" libflowengine.dylib "*" ;;
        *) publish "" flowengine.dll "*" ;;
    esac
    exit
fi

mkdir -p obj/dispatcher
"${CC:-gcc}" -std=gnu11 -O2 -Wall -Wextra -Werror -fPIC -c first_thread.c -o obj/dispatcher/first_thread.o
publish v3 libflowengine-v3.so linux-x64 -p:FirstThread="$PWD/obj/dispatcher/first_thread.o"
publish v4 libflowengine-v4.so linux-x64 -p:FirstThread="$PWD/obj/dispatcher/first_thread.o"

sed -nE \
    -e 's/^FLOW_API flow_status (flow_[a-z0-9_]+)\(.*/FLOW_FUNCTION(status, \1)/p' \
    -e 's/^FLOW_API const char \*(flow_[a-z0-9_]+)\(.*/FLOW_FUNCTION(text, \1)/p' \
    -e 's/^FLOW_API uint32_t (flow_[a-z0-9_]+)\(.*/FLOW_FUNCTION(version, \1)/p' \
    -e 's/^FLOW_API void (flow_[a-z0-9_]+)\(.*/FLOW_FUNCTION(nothing, \1)/p' \
    "$header" > obj/dispatcher/dispatcher.inc
if [ "$(grep -c '^FLOW_API ' "$header")" -ne "$(wc -l < obj/dispatcher/dispatcher.inc)" ]; then
    echo "publish.sh: a function of flowengine.h has a return type the dispatcher does not know" >&2
    exit 1
fi
"${CC:-gcc}" -std=gnu11 -O2 -Wall -Wextra -Werror -fPIC -shared -fvisibility=hidden -Wl,-soname,libflowengine.so \
    -Wl,-z,nodelete -Wl,-z,now -Iobj/dispatcher -I../c/include dispatcher.c -o "$target/libflowengine.so" -ldl
