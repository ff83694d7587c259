#!/usr/bin/env bash
# Packs what a GPU machine needs to show what FlowEngine does there, with nothing installed but a driver:
#   bundle.sh [--cifar FOLDER] [FILE.tar.gz]      (perf/gpu/flow-gpu.tar.gz by default)
# On the machine:  tar xzf flow-gpu.tar.gz && flow-gpu/run.sh
# The flow command and the native library by NativeAOT, the kernels' PTX for ptxas, the PyTorch peer, and, where --cifar
# names a folder of CIFAR-10 records, the first 1,000 training and 200 test images of it. The digits are in the command.
set -euo pipefail

most_bytes=$((24 << 20))
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cifar=""
file="$here/flow-gpu.tar.gz"
while [ $# -gt 0 ]; do
    case "$1" in
        --cifar) cifar=${2:?--cifar needs a folder}; shift 2 ;;
        -*) echo "bundle.sh: $1 is not an option; expected --cifar FOLDER" >&2; exit 2 ;;
        *) file=$1; shift ;;
    esac
done

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
bundle="$stage/flow-gpu"
mkdir -p "$bundle/ptx"
"$root/bindings/cli-native/publish.sh" "$bundle/bin"
"$root/bindings/native/publish.sh" "$bundle/lib"
cp "$root/bindings/c/include/flowengine.h" "$bundle/lib/"
cp "$root"/kernels/ptx/FlowEngine.*/*.ptx "$bundle/ptx/"
cp "$root/perf/peers/torch_glow.py" "$here/run.sh" "$bundle/"
if [ -n "$cifar" ]; then
    # A record is a label and 32x32x3 bytes.
    mkdir "$bundle/cifar10"
    head -c $((1000 * 3073)) "$cifar/data_batch_1.bin" > "$bundle/cifar10/data_batch_1.bin"
    head -c $((200 * 3073)) "$cifar/test_batch.bin" > "$bundle/cifar10/test_batch.bin"
fi

git -C "$root" rev-parse HEAD > "$bundle/revision" 2>/dev/null || echo unknown > "$bundle/revision"
tar czf "$file" -C "$stage" flow-gpu
bytes=$(stat -c %s "$file")
echo "$file: $bytes bytes"
if [ "$bytes" -gt "$most_bytes" ]; then
    echo "bundle.sh: that is more than $most_bytes bytes" >&2
    exit 1
fi
