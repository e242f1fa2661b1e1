#!/usr/bin/env bash
# Runs Python with a core under AddressSanitizer and UndefinedBehaviorSanitizer: tools/sanitized.sh PYTHON ARGUMENTS...
#   tools/sanitized.sh .venv/bin/python -m fuzz.models --count 10000000 --workers 2
#
# The core is built for one instruction set in build/sanitize. Any mistake that they see ends the process. PYTHON needs
# numpy, cmake, ninja and pybind11.
set -euo pipefail
python=$(realpath --no-symlinks "$1")
shift
cd "$(dirname "$0")/.."
isa=x86_64
if grep -qw avx2 /proc/cpuinfo; then isa=avx2; fi
build=$PWD/build/sanitize
package=$PWD/build/sanitized

mkdir -p "$build" "$package"
{
    PATH="$(dirname "$python"):$PATH"
    cmake -S . -B "$build" -G Ninja -DCNN_SANITIZE=ON -DCNN_ISAS=$isa -DPython_EXECUTABLE="$python" \
        -Dpybind11_DIR="$("$python" -m pybind11 --cmakedir)"
    cmake --build "$build"
} > "$build/compile.log" 2>&1 || { tail -50 "$build/compile.log"; exit 1; }
rm -rf "$package/cnncli"
cp -r python/cnncli "$package/"
cp -r models "$package/cnncli/"
cp "$build"/_core*.so "$package/cnncli/"

# Python and NumPy leak and have allocators of their own, which stay: the core's own mistakes are what counts.
# libstdc++ too: without it the sanitizer finds no __cxa_throw when Python starts, and stops at the first exception.
# Freed memory is watched for a shorter time than usual, which is faster.
exec env LD_PRELOAD="$(g++ -print-file-name=libasan.so) $(g++ -print-file-name=libstdc++.so.6)" \
    PYTHONPATH="$package" ASAN_OPTIONS="detect_leaks=0:quarantine_size_mb=64${ASAN_OPTIONS:+:$ASAN_OPTIONS}" \
    UBSAN_OPTIONS=print_stacktrace=1 "$python" "$@"
