// A network in evaluation lowered for one sample at a time, beside Program, whose layers work on sixteen
// samples side by side: with fewer, most of those lanes are dead. The same nodes, tensors with the
// same numbers.
//
// Convolutions and batch normalizations read packed copies of their learned arrays, linear layers the arrays
// themselves. Unless `frozen`, each run() compares the arrays bit by bit with those that were packed last and
// packs anew where they differ: no result ever comes from weights of the past. Results are those of Program
// within rounding; their bits do not depend on the number of threads.
#pragma once

#include <functional>
#include <vector>

#include "program/graph.h"
#include "program/single_emitter.h"
#include "runtime/runner.h"

namespace cnn {

class SingleProgram {
  public:
    // Whether every node has a form for one sample.
    static bool can_run(const std::vector<Node>& nodes);
    // `nodes`: of the graph, after fusion; the result is the features of tensor `result`. The graph's first
    // tensor is the input; `table` must stay.
    SingleProgram(const Graph& graph, std::vector<Node> nodes, const float* table, int result, bool frozen);

    // Whether the layers can run on the learned arrays as they are now; packs them where they have changed.
    // The first call allocates all: a program that only ever sees large batches pays nothing.
    bool ready();
    // The features of the image that `source` names go to `row`. False: stopped.
    bool run(const GatherSource& source, int threads, const std::function<bool()>& should_stop, float* row);
    // Custom layers may look at the whole batch.
    bool calls_out() const { return calls_out_; }
    std::size_t bytes() const { return emitter_.bytes(); }

  private:
    void finish();
    bool changed();

    bool calls_out_ = false, finished_ = false, packed_once_ = false, usable_ = true, parallel_ = false;
    int output_;
    const float* table_;
    std::vector<Node> nodes_;  // until they are emitted
    SingleEmitter emitter_;
    GatherSource source_;
    const float* result_ = nullptr;
    std::ptrdiff_t result_size_ = 0;
    Runner runner_;
};

}  // namespace cnn
