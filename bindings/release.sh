#!/usr/bin/env bash
# Makes the packages of a release in a folder that is empty or not there:
#   bindings/release.sh FOLDER
# They are NuGet packages with their symbols, a wheel for each platform, a tarball with the library, its headers and the flow
# command, and SHA256SUMS. The same sources give the same bytes. It needs Linux on x86-64, gcc, cmake and python3; with
# clang and Debian's gcc-aarch64-linux-gnu the packages have the library of 64-bit ARM, too.
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: release.sh FOLDER" >&2; exit 2; }
mkdir -p "$1"
packages=$(cd "$1" && pwd)
[ -z "$(ls "$packages")" ] || { echo "release.sh: $1 is not empty" >&2; exit 2; }
cd "$(dirname "$0")/.."
# Paths of this machine stay out of what is compiled (Directory.Build.props), and times out of packages: 1980-01-01.
export ContinuousIntegrationBuild=true SOURCE_DATE_EPOCH=315532800 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
version=$(sed -nE 's|.*<Version>(.+)</Version>.*|\1|p' Directory.Build.props)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

bindings/native/publish.sh artifacts/native
bindings/cli-native/publish.sh artifacts/cli
libraries=(artifacts/native)
if command -v "${CLANG:-clang-19}" > /dev/null && command -v aarch64-linux-gnu-gcc > /dev/null; then
    bindings/native/publish.sh artifacts/native-arm64 linux-arm64
    libraries+=(artifacts/native-arm64)
else
    echo "release.sh: without clang and gcc-aarch64-linux-gnu there is no library of linux-arm64"
fi

for project in kernels/FlowEngine.Kernels engine/FlowEngine engine/FlowEngine.{Extensions,Ilgpu,Imaging,Onnx} bindings/cli; do
    dotnet pack "$project" --configuration Release --nologo --verbosity quiet --output "$packages"
done
dotnet pack bindings/nuget --configuration Release --nologo --verbosity quiet --output "$packages" \
    -p:LinuxX64="$PWD/artifacts/native" ${libraries[1]:+-p:LinuxArm64="$PWD/${libraries[1]}"}
python3 bindings/notices.py

for folder in "${libraries[@]}"; do
    python3 bindings/python/build_wheel.py "$folder" "$packages" > /dev/null
done

name=flowengine-$version-linux-x86_64
cmake -S bindings/c -B "$stage/build" -DFLOWENGINE_LIBRARIES="$PWD/artifacts/native" -DCMAKE_INSTALL_PREFIX="$stage/$name" \
    -DCMAKE_INSTALL_LIBDIR=lib > /dev/null
cmake --install "$stage/build" > /dev/null
cp bindings/c/README.md "$stage/$name"
install -D -t "$stage/$name/bin" artifacts/cli/flow{,-v3,-v4}
install -D -m 644 -t "$stage/$name/share/doc/flowengine" LICENSE CHANGELOG.md artifacts/cli/THIRD-PARTY-NOTICES.txt
mkdir "$stage/$name/share/doc/flowengine/examples"
cp -r examples/CMakeLists.txt examples/c examples/cpp "$stage/$name/share/doc/flowengine/examples"
tar -C "$stage" --sort=name --mtime=@$SOURCE_DATE_EPOCH --owner=0 --group=0 --numeric-owner --mode=go=u,go-w -c "$name" \
    | gzip -9 -n > "$packages/$name.tar.gz"

cd "$packages"
sha256sum -- * > "$stage/SHA256SUMS"
mv "$stage/SHA256SUMS" .
wc -c -- * | awk '{ printf "%8.2f MB  %s\n", $1 / 1e6, $2 }'
