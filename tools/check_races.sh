#!/usr/bin/env bash
# Looks for data races in the core with ThreadSanitizer: tools/check_races.sh PYTHON [BUILD FOLDER]
#
# The core is built for one instruction set with threads of its own (cpp/runtime/team.cpp), since ThreadSanitizer does not
# see what OpenMP synchronizes. Python is not instrumented. First a copy of the team whose tickets and counts order nothing must
# be found; then the tests below must be clean. PYTHON needs numpy, pytest, hypothesis, cmake, ninja and pybind11.
set -euo pipefail
python=$1
build=${2:-build/threads}
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
tools=$(dirname "$python")
isa=x86_64
if grep -qw avx2 /proc/cpuinfo; then isa=avx2; fi

compile() {
    PATH="$tools:$PATH" cmake -S "$build/source" -B "$build/core" -G Ninja -DCNN_SANITIZE=thread -DCNN_ISAS=$isa \
        -DPython_EXECUTABLE="$(command -v "$python")" -Dpybind11_DIR="$("$python" -m pybind11 --cmakedir)" \
        > "$build/compile.log"
    PATH="$tools:$PATH" cmake --build "$build/core" >> "$build/compile.log" || { tail -50 "$build/compile.log"; exit 1; }
}

# run ARGUMENTS...: Python with that core
run() {
    rm -rf "$build/package"
    mkdir -p "$build/package"
    cp -r python/cnncli "$build/package/"
    cp -r models "$build/package/cnncli/"
    cp "$build"/core/_core*.so "$build/package/cnncli/"
    env LD_PRELOAD="$(g++ -print-file-name=libtsan.so)" PYTHONPATH="$PWD/$build/package" CNN_NUM_THREADS=3 \
        TSAN_OPTIONS="ignore_noninstrumented_modules=1 halt_on_error=1 exitcode=66 report_signal_unsafe=0 log_path=$PWD/$build/report" \
        setarch "$(uname -m)" -R "$python" "$@"
}

mkdir -p "$build/source"
build=$(realpath --relative-to=. "$build")
cp -r CMakeLists.txt cpp models "$build/source/"

echo "tickets that order nothing:"
sed -i -E 's/memory_order_(acq_rel|acquire|release)/memory_order_relaxed/' "$build/source/cpp/runtime/team.cpp"
compile
run -m pytest -q -x -p no:cacheprovider tests/program/test_program.py > "$build/planted.log" 2>&1 || true
grep -h -m1 -A3 "ThreadSanitizer: data race" "$build"/report.* || {
    echo "not found: this check can find nothing"
    tail -20 "$build/planted.log"
    exit 1
}
rm "$build"/report.*

echo "the core as it is:"  # but for signals, which ThreadSanitizer delivers late
cp cpp/runtime/team.cpp "$build/source/cpp/runtime/"
compile
run -m pytest -q -p no:cacheprovider -k "not signal and not ctrl_c" tests/program/test_program.py tests/program/test_program_faults.py \
    tests/program/test_core_program.py tests/program/test_single_program.py tests/kernels/test_convolution.py \
    tests/kernels/test_winograd.py tests/kernels/test_pooled_convolution.py tests/kernels/test_batch_normalization.py \
    tests/kernels/test_linear.py tests/core/test_python_threads.py || {
    cat "$build"/report.* || true
    exit 1
}
