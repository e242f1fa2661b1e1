#include "bindings/eager.h"

#include <pybind11/pybind11.h>

#include "bindings/signals.h"
#include "runtime/threads.h"

namespace cnn {

float* Eager::floats(std::ptrdiff_t count) {
    buffers_.emplace_back(count);
    return buffers_.back().data();
}

const float* Eager::from(const float* rows, std::ptrdiff_t features) {
    float* blocks = lanes(features);
    then(new ToLanes(features, rows, blocks));
    return blocks;
}

void Eager::to(const float* lanes_array, std::ptrdiff_t features, float* rows) {
    then(new FromLanes(features, lanes_array, rows));
}

void Eager::then(Op* op) {
    ops_.emplace_back(op);
    stages_.push_back({op});
}

void Eager::run() {
    Runner runner;
    const int threads = thread_count();
    {
        pybind11::gil_scoped_release release;
        runner.run(stages_, context, threads, signal_check());
    }
    throw_if_raised();
}

}  // namespace cnn
