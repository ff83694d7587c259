#!/usr/bin/env bash
# Tests the published library from C, C++, Python and C#:
#   bindings/test.sh LIBRARIES COUNTS
# LIBRARIES is the folder that bindings/native/publish.sh filled; COUNTS receives "passed failed skipped".
set -uo pipefail
[ $# -eq 2 ] || { echo "usage: bindings/test.sh LIBRARIES COUNTS" >&2; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
libraries=$(cd "$1" && pwd)
counts=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LD_LIBRARY_PATH="$libraries"
. "$root/tests/counting.sh"

updated=false
# have COMMAND PACKAGE...: installs the Debian packages where the command fails and this is root.
have() {
    local probe=$1
    shift
    eval "$probe" > /dev/null 2>&1 && return
    [ "$(id -u)" -eq 0 ] && command -v apt-get > /dev/null || return 1
    $updated || { apt-get update -qq > /dev/null 2>&1; updated=true; }
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" > /dev/null 2>&1
    eval "$probe" > /dev/null 2>&1
}

# --- C and C++ -----------------------------------------------------------------------------------------------------

c="$root/bindings/c"
examples="$root/examples"
warnings="-Wall -Wextra -Wpedantic -Werror -O1 -g -I$c/include"
libs="-L$libraries -lflowengine -lm"
compile() { # STANDARD SOURCE TARGET [OPTIONS [LIBRARIES]]; SOURCE is a file, or a folder of them
    local sources=("$2")
    [ -d "$2" ] && sources=("$2"/*.c)
    case "$1" in
        c++*) g++ -std="$1" -x c++ $warnings ${4:-} "${sources[@]}" -o "$3" -x none $libs ${5:-} ;;
        *) "${cc:-gcc}" -std="$1" $warnings ${4:-} "${sources[@]}" -o "$3" $libs ${5:-} ;;
    esac
}

# same_bits COMMAND...: prints the digests that the first one printed.
same_bits() {
    "$@" > "$work/bits.txt" || { cat "$work/bits.txt"; return 1; }
    [ -f "$work/first_bits.txt" ] || cp "$work/bits.txt" "$work/first_bits.txt"
    diff "$work/first_bits.txt" "$work/bits.txt"
}

no_drivers="FLOWENGINE_CUDA_LIBRARY=/nowhere FLOWENGINE_OPENCL_LIBRARY=/nowhere"

c_and_cpp() {
    local standard
    for standard in c99 c11 c++17; do
        check "compile $standard" compile "$standard" "$c/tests/abi" "$work/abi_$standard"
        check "the API from $standard" "$work/abi_$standard" "$work"
        for example in train train_images sample score; do
            check "compile $example as $standard" compile "$standard" "$examples/c/$example.c" "$work/${example}_$standard"
        done
        check "example train, $standard" "$work/train_$standard" "$work/table.safetensors"
        check "example train_images, $standard" "$work/train_images_$standard" "$work/bars.safetensors"
        check "example sample, $standard" "$work/sample_$standard" "$work/bars.safetensors" "$work/bars.ppm" 6
        check "the picture" sh -c "head -n 2 '$work/bars.ppm' | tail -n 1 | grep -qx '48 8'"
    done
    head -c 64 /dev/zero | tr '\0' '\40' | { printf 'P5 8 8 255\n'; cat; } > "$work/flat.pgm"
    check "example score" sh -c "'$work/score_c99' '$work/bars.safetensors' '$work/flat.pgm' | grep -q bits/dim"
    check "example score refuses" sh -c "! '$work/score_c99' '$work/bars.safetensors' /dev/null"
    check "compile device_test" compile c99 "$c/tests/device_test.c" "$work/device_test"
    check "GPUs, with arrays in host memory" "$work/device_test"
    # The stand-in for the CUDA driver, which the program uses as another library of its process would.
    check "compile the CUDA stand-in" gcc -shared -fPIC -O1 -g -Wall -Wextra -Werror -fvisibility=hidden \
        -fno-strict-aliasing -ffp-contract=off -o "$work/libfakecuda.so" "$root/tests/FlowEngine.Tests/Gpu/"fake_cuda*.c \
        "$root/tests/FlowEngine.Tests/Gpu/"ptx_interpreter*.c -lpthread -lm
    check "compile cuda_test" compile c99 "$c/tests/cuda_test.c" "$work/cuda_test" "" "-L$work -lfakecuda"
    check "device pointers and streams" env FAKE_CUDA_DEVICES=2 FLOWENGINE_OPENCL_LIBRARY=/nowhere \
        FLOWENGINE_CUDA_LIBRARY="$work/libfakecuda.so" LD_LIBRARY_PATH="$libraries:$work" "$work/cuda_test"
    check "without any driver" env $no_drivers sh -c "'$work/device_test' | grep -q ' 0 failed, 0 devices'"
    check "compile process_test" compile c99 "$c/tests/process_test.c" "$work/process_test" "" -lpthread
    check "signals, descriptors, locale, threads and children of the process" "$work/process_test"
    check "compile log_prob" compile c99 "$c/tests/log_prob.c" "$work/log_prob"
    check "compile rows" compile c99 "$c/tests/rows.c" "$work/rows"

    check "compile bits" compile c99 "$c/tests/bits.c" "$work/bits"
    for image in v3 v4; do
        if [ "$image" = v4 ] && ! grep -q avx512dq /proc/cpuinfo; then
            skip "the API and the bits of v4" "this processor has no AVX-512"
        else
            check "the API with $image" env FLOWENGINE_IMAGE=$image "$work/abi_c11" "$work"
            check "the bits of $image" same_bits env FLOWENGINE_IMAGE=$image "$work/bits"
        fi
    done

    # Where there is no image, every call says so: of which the statuses that nothing else provokes.
    check "compile dispatcher_test" compile c99 "$c/tests/dispatcher_test.c" "$work/dispatcher_test"
    check "an unknown image" env FLOWENGINE_IMAGE=v9 "$work/dispatcher_test" -1 "expected v3 or v4"
    mkdir -p "$work/alone" "$work/foreign"
    cp "$libraries/libflowengine.so" "$work/alone"
    cp "$libraries/libflowengine.so" "$work/foreign"
    echo 'int flow_abi_version(void) { return 1; }' | gcc -shared -fPIC -x c - -o "$work/foreign/libflowengine-v3.so"
    cp "$work/foreign/libflowengine-v3.so" "$work/foreign/libflowengine-v4.so"
    check "no image" env LD_LIBRARY_PATH="$work/alone" "$work/dispatcher_test" -3 "libflowengine-v"
    check "an image of another release" env LD_LIBRARY_PATH="$work/foreign" "$work/dispatcher_test" -99 "another release"

    # Drivers are not ours to check: they are hidden from here on.
    # The garbage collector's memory is not the sanitizer's to search, so leaks are left to valgrind, which does.
    if compile c11 "$c/tests/abi" "$work/abi_asan" "-fsanitize=address,undefined -fno-sanitize-recover=all" \
        > /dev/null 2>&1; then
        check "the API under address sanitizer" env $no_drivers ASAN_OPTIONS=detect_leaks=0 "$work/abi_asan" "$work"
    else
        skip "address sanitizer" "gcc has none"
    fi

    # The collector reserves 256 GB of addresses, more than valgrind hands out.
    local grind="env $no_drivers DOTNET_GCRegionRange=400000000 valgrind -q --error-exitcode=9 --leak-check=full"
    grind="$grind --show-leak-kinds=definite --errors-for-leak-kinds=definite"
    grind="$grind --suppressions=$c/tests/valgrind.supp"
    if have "command -v valgrind" valgrind; then
        check "the API under valgrind" $grind "$work/abi_c11" "$work"
        for example in "train $work/few.safetensors 3" "train_images $work/few.safetensors 3" "sample $work/bars.safetensors $work/x.ppm" \
            "score $work/bars.safetensors $work/flat.pgm"; do
            set -- $example
            check "$1 under valgrind" $grind "$work/$1_c99" "${@:2}"
        done
    else
        skip "valgrind" "it is not installed"
    fi

    if have "command -v qemu-x86_64" qemu-user; then
        check "a processor with only AVX2" \
            env $no_drivers sh -c "qemu-x86_64 -cpu Haswell '$work/abi_c11' '$work' 2>/dev/null | grep -q ' 0 failed, x86-64-v3'"
        check "a processor without AVX2" qemu-x86_64 -cpu Nehalem "$work/dispatcher_test" -5 AVX2
    else
        skip "older processors" "qemu-user is not installed"
    fi
}

# flowengine.hpp, by two compilers: each of its functions, without exceptions, and with sanitizers.
cpp_header() {
    local compiler source name options result= strict="-Wshadow -Wconversion"
    cpp() { # COMPILER STANDARD SOURCE TARGET [OPTIONS]
        "$1" -std="$2" $warnings $strict "$3" -o "$4" $libs ${5:-}
    }
    for compiler in g++ "${CLANG:-clang-19}"; do
        compiler=${compiler/clang-/clang++-}
        if ! command -v "$compiler" > /dev/null; then
            skip "flowengine.hpp by $compiler" "it is not installed"
            continue
        fi
        check "compile cpp_test by $compiler" cpp "$compiler" c++17 "$c/tests/cpp_test.cpp" "$work/cpp_test"
        check "flowengine.hpp by $compiler" "$work/cpp_test" "$work"
        check "compile cpp_test as C++20 by $compiler" cpp "$compiler" c++20 "$c/tests/cpp_test.cpp" "$work/cpp20_test"
        check "compile cpp_test without exceptions by $compiler" \
            cpp "$compiler" c++17 "$c/tests/cpp_test.cpp" "$work/cpp_test" "-fno-exceptions -fno-rtti"
        check "flowengine.hpp without exceptions by $compiler" "$work/cpp_test" "$work"
        check "a call without a Status where exceptions are off, by $compiler" \
            sh -c "! $compiler -std=c++17 -fno-exceptions -I'$c/include' -c '$c/tests/no_status.cpp' -o /dev/null 2> '$work/no_status' \
                && grep -q 'pass a flowengine::Status' '$work/no_status'"
        options="-fsanitize=address,undefined -fno-sanitize-recover=all"
        [ "$compiler" = g++ ] || have "echo 'int main() {}' | $compiler $options -x c++ - -o '$work/probe'" \
            "libclang-rt-${compiler##*-}-dev"
        if echo 'int main() {}' | $compiler $options -x c++ - -o "$work/probe" 2> /dev/null; then
            for source in "$c/tests/cpp_test.cpp" "$examples/cpp/table.cpp"; do
                name=$(basename "$source")
                mkdir -p "$work/cpp"
                [ "$name" = cpp_test.cpp ] && result= || result=/table.safetensors
                check "compile $name with sanitizers by $compiler" cpp "$compiler" c++17 "$source" "$work/cpp_asan" "$options"
                check "$name with sanitizers by $compiler" \
                    env $no_drivers ASAN_OPTIONS=detect_leaks=0 "$work/cpp_asan" "$work/cpp$result"
            done
        else
            skip "flowengine.hpp with sanitizers" "$compiler has none"
        fi
    done
}

# The library of 64-bit ARM, made here and run by an emulator of the processor.
arm64() {
    local root=/usr/aarch64-linux-gnu
    if ! command -v "${CLANG:-clang-19}" > /dev/null || ! have \
        "command -v aarch64-linux-gnu-gcc && command -v qemu-aarch64" gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user; then
        skip "the library of linux-arm64" "clang, gcc-aarch64-linux-gnu or qemu-user is not installed"
        return
    fi
    check "publish for linux-arm64" "$c/../native/publish.sh" "$libraries-arm64" linux-arm64
    local cc=aarch64-linux-gnu-gcc libs="-L$libraries-arm64 -lflowengine -lm"
    check "compile the API's test for linux-arm64" compile c11 "$c/tests/abi" "$work/abi.arm64"
    check "compile bits for linux-arm64" compile c11 "$c/tests/bits.c" "$work/bits.arm64"
    local run="env $no_drivers LD_LIBRARY_PATH=$libraries-arm64 qemu-aarch64 -L $root"
    check "the API on linux-arm64" $run "$work/abi.arm64" "$work"
    check "the bits of linux-arm64" same_bits $run "$work/bits.arm64"
}

packages() {
    if ! have "command -v cmake" cmake; then
        skip "the CMake package" "cmake is not installed"
        return
    fi
    check "configure" cmake -S "$c" -B "$work/build" -DFLOWENGINE_LIBRARIES="$libraries" -DCMAKE_INSTALL_PREFIX="$work/there"
    check "install" cmake --install "$work/build"
    # What is installed can be moved.
    mv "$work/there" "$work/installed"
    check "find_package" cmake -S "$examples" -B "$work/user" -DCMAKE_PREFIX_PATH="$work/installed"
    check "build a user" cmake --build "$work/user"
    check "run a user" env -u LD_LIBRARY_PATH "$work/user/train" "$work/user.safetensors"
    check "run a user in C++" env -u LD_LIBRARY_PATH "$work/user/table" "$work/user.safetensors"
    if have "command -v pkg-config" pkg-config; then
        export PKG_CONFIG_PATH="$work/installed/lib/pkgconfig:$work/installed/lib64/pkgconfig"
        PKG_CONFIG_PATH="$PKG_CONFIG_PATH:$work/installed/lib/$(gcc -dumpmachine)/pkgconfig"
        check "pkg-config" sh -c "gcc '$examples/c/train.c' -o '$work/user/pkg' \$(pkg-config --cflags --libs flowengine)"
        check "run what pkg-config linked" env -u LD_LIBRARY_PATH "$work/user/pkg" "$work/user.safetensors"
    else
        skip "pkg-config" "it is not installed"
    fi
}

# --- Python --------------------------------------------------------------------------------------------------------

python_suite() {
    # The system's Python is the one that Debian's packages are for.
    python=/usr/bin/python3
    [ -x "$python" ] || python=python3
    if ! have "$python -c 'import numpy, pytest'" python3 python3-numpy python3-pytest; then
        skip "the Python suite" "numpy or pytest is not installed"
        python=
        return
    fi
    have "$python -c 'import torch'" python3-torch || skip "GlowModule" "torch is not installed"
    have "$python -c 'import sklearn, pandas'" python3-sklearn python3-pandas || skip "estimators" "scikit-learn is not installed"
    check "the wheel" sh -c "'$python' '$root/bindings/python/build_wheel.py' '$libraries' '$work/wheel' \
        | grep 'manylinux_2_[0-9]*_x86_64.whl'"
    if [ -f "$libraries-arm64/libflowengine.so" ]; then
        check "the wheel of linux-arm64" sh -c "'$python' '$root/bindings/python/build_wheel.py' '$libraries-arm64' \
            '$work/wheel-arm64' | grep 'manylinux_2_[0-9]*_aarch64.whl'"
    fi
    # A wheel is a zip: into an empty folder, as pip --target puts it.
    check "unpack the wheel" "$python" -m zipfile -e "$work"/wheel/*.whl "$work/site"
    export PYTHONPATH="$work/site"
    env -u FLOWENGINE_LIBRARY FLOWENGINE_C_LOG_PROB="$work/log_prob" FLOWENGINE_C_ROWS="$work/rows" \
        FLOWENGINE_CUDA_STAND_IN="$work/libfakecuda.so" \
        "$python" -m pytest -q -p no:cacheprovider "$root/bindings/python/tests" > "$work/pytest" 2>&1 || true
    local line kind
    line=$(tail -n 1 "$work/pytest")
    for kind in passed failed error skipped; do
        printf -v "python_$kind" '%d' "$(sed -nE "s/.*[^0-9]([0-9]+) ${kind}s?.*/\1/p" <<< " $line" | head -n 1)"
    done
    passed=$((passed + python_passed))
    failed=$((failed + python_failed + python_error))
    skipped=$((skipped + python_skipped))
    if [ "$python_passed" -eq 0 ] || [ $((python_failed + python_error)) -gt 0 ]; then
        [ "$python_passed" -gt 0 ] || failed=$((failed + 1))
        tail -n 60 "$work/pytest"
    fi
}

# --- NuGet -----------------------------------------------------------------------------------------------------------

# The NuGet package of the C library, as a program of a stranger finds it.
native_package() {
    local folder="$root/artifacts/packages"
    check "pack FlowEngine.Native" dotnet pack "$root/bindings/nuget" --configuration Release --nologo \
        --verbosity quiet --output "$folder" -p:LinuxX64="$libraries" \
        $([ -f "$libraries-arm64/libflowengine.so" ] && echo "-p:LinuxArm64=$libraries-arm64")
    rm -rf "$root/tests/package-native/obj"
    check "build with FlowEngine.Native" dotnet build "$root/tests/package-native" --configuration Release --nologo \
        --verbosity quiet --output "$work/package-native"
    check "run with FlowEngine.Native" env -u LD_LIBRARY_PATH sh -c "'$work/package-native/NativePackageTest' | grep x86-64-v"
}

c_and_cpp
cpp_header
arm64
native_package
packages
python_suite
echo "$passed $failed $skipped" > "$counts"
printf 'bindings: %d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
