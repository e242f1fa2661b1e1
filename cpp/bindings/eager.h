// One operation at once, for kernels that are no layer of a program: converts to blocks of lanes, runs,
// converts back.
#pragma once

#include <memory>
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

    // An array in blocks, filled from (samples, features) by a stage of its own.
    const float* from(const float* rows, std::ptrdiff_t features);
    // Copies blocks to (samples, features).
    void to(const float* lanes_array, std::ptrdiff_t features, float* rows);

    // A stage that runs after those added before.
    void then(Op* op);

    // Releases the GIL; throws what a signal handler raised.
    void run();

    Context context;

  private:
    std::vector<std::unique_ptr<Op>> ops_;
    std::vector<AlignedBuffer<float>> buffers_;
    std::vector<Stage> stages_;
};

}  // namespace cnn
