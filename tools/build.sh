#!/usr/bin/env bash
# Compiles the core into the tree, again only what changed: tools/build.sh .venv/bin/python
#
# Afterwards PYTHONPATH=python runs the tree as it stands. PYTHON needs cmake, ninja and pybind11. With ccache installed
# another checkout compiles in seconds.
set -euo pipefail
python=$(realpath --no-symlinks "$1")
cd "$(dirname "$0")/.."
PATH="$(dirname "$python"):$PATH"
launcher=()
if command -v ccache > /dev/null; then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
cmake -S . -B build/dev -G Ninja -DCNN_WERROR=ON -DPython_EXECUTABLE="$python" \
    -Dpybind11_DIR="$("$python" -m pybind11 --cmakedir)" "${launcher[@]}" > /dev/null
cmake --build build/dev
ln -sfn ../../models python/cnncli/models
for core in build/dev/_core*.so; do
    cp "$core" python/cnncli/.core.so # a process that has the old one open keeps it
    mv python/cnncli/.core.so "python/cnncli/${core##*/}"
done
