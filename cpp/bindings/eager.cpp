#include "bindings/eager.h"

#include <pybind11/pybind11.h>

#include <algorithm>
#include <chrono>

#include "bindings/signals.h"
#include "runtime/threads.h"

namespace cnn {
namespace {

// Does nothing but ask for scratch memory, so that the runner has it before the clock starts.
class Reserve : public Op {
  public:
    explicit Reserve(std::size_t bytes) : bytes_(bytes) {}
    std::ptrdiff_t tasks(const Context&) const override { return 0; }
    void run(const Context&, std::ptrdiff_t, std::byte*) const override {}
    std::size_t scratch_bytes() const override { return bytes_; }

  private:
    std::size_t bytes_;
};

}  // namespace

std::function<bool()> signal_check(PyObject* asked) {
    return [asked] {
        pybind11::gil_scoped_acquire gil;
        if (PyErr_CheckSignals() != 0) return true;
        if (asked == nullptr || asked == Py_None) return false;
        PyObject* answer = PyObject_CallNoArgs(asked);
        if (answer == nullptr) return true;
        const int stop = PyObject_IsTrue(answer);
        Py_DECREF(answer);
        return stop != 0;
    };
}

void throw_if_raised() {
    if (PyErr_Occurred()) throw pybind11::error_already_set();
}

float* Eager::floats(std::ptrdiff_t count) {
    buffers_.emplace_back(count);
    return buffers_.back().data();
}

std::int32_t* Eager::index_lanes(std::ptrdiff_t features) {
    index_buffers_.emplace_back(block_count(context.samples) * kLanes * features);
    return index_buffers_.back().data();
}

const float* Eager::from(const float* rows, std::ptrdiff_t features) {
    float* blocks = lanes(features);
    first_.push_back(keep(new ToLanes(features, rows, blocks)));
    return blocks;
}

const std::int32_t* Eager::from(const std::int32_t* rows, std::ptrdiff_t features) {
    std::int32_t* blocks = index_lanes(features);
    first_.push_back(keep(new IndexToLanes(features, rows, blocks)));
    return blocks;
}

void Eager::to(const float* lanes_array, std::ptrdiff_t features, float* rows) {
    last_.push_back(keep(new FromLanes(features, lanes_array, rows)));
}

void Eager::to(const std::int32_t* lanes_array, std::ptrdiff_t features, std::int32_t* rows) {
    last_.push_back(keep(new IndexFromLanes(features, lanes_array, rows)));
}

double Eager::run() {
    Runner runner;
    const int threads = thread_count();
    std::chrono::duration<double> elapsed{0};
    std::size_t scratch = 0;
    for (const Stage& stage : middle_) {
        for (const Op* op : stage) scratch = std::max(scratch, op->scratch_bytes());
    }
    first_.push_back(keep(new Reserve(scratch)));
    {
        pybind11::gil_scoped_release release;
        const std::function<bool()> should_stop = signal_check();
        if (runner.run({first_}, context, threads, should_stop)) {
            const auto begin = std::chrono::steady_clock::now();
            const bool done = runner.run(middle_, context, threads, should_stop);
            elapsed = std::chrono::steady_clock::now() - begin;
            if (done) runner.run({last_}, context, threads, should_stop);
        }
    }
    throw_if_raised();
    return elapsed.count();
}

}  // namespace cnn
