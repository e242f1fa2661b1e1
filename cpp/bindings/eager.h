// One operation at once, on arrays as people have them: converts to blocks of lanes, runs, converts back. The
// kernels are those of compiled programs.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "core/layout.h"
#include "core/op.h"
#include "runtime/aligned_buffer.h"
#include "runtime/runner.h"

namespace cnn {

class Eager {
  public:
    explicit Eager(std::ptrdiff_t samples) { context.samples = samples; }

    // Memory for `features` values of each sample, in blocks.
    float* lanes(std::ptrdiff_t features) { return floats(block_count(context.samples) * kLanes * features); }
    float* floats(std::ptrdiff_t count);
    std::int32_t* index_lanes(std::ptrdiff_t features);

    // An array in blocks, filled from (samples, features) when the run begins.
    const float* from(const float* rows, std::ptrdiff_t features);
    const std::int32_t* from(const std::int32_t* rows, std::ptrdiff_t features);
    // Copies blocks to (samples, features) when the run ends.
    void to(const float* lanes_array, std::ptrdiff_t features, float* rows);
    void to(const std::int32_t* lanes_array, std::ptrdiff_t features, std::int32_t* rows);

    // A stage that runs after those added before, and an operation beside those of the newest stage.
    void then(Op* op) { middle_.push_back({keep(op)}); }
    void beside(Op* op) { middle_.back().push_back(keep(op)); }

    // Releases the GIL; throws what a signal handler raised. Returns the seconds that the operations took,
    // without the conversions before and after them.
    double run();

    Context context;

  private:
    const Op* keep(Op* op) {
        ops_.emplace_back(op);
        return op;
    }
    std::vector<std::unique_ptr<Op>> ops_;
    std::vector<AlignedBuffer<float>> buffers_;
    std::vector<AlignedBuffer<std::int32_t>> index_buffers_;
    Stage first_, last_;
    std::vector<Stage> middle_;
};

}  // namespace cnn
