// Where branches part and join, for a single sample in the layout of single_tensor.h; as lane_sums.h for
// lanes of samples, with the same bits. Borders and paddings of the output are not written. A pass over
// memory: one task.
#pragma once

#include <vector>

#include "core/op.h"
#include "kernels/single/single_tensor.h"

namespace cnn {

// output = inputs[0] + inputs[1] + ..., from the first to the last; all of one shape.
class SingleSum : public Op {
  public:
    SingleSum(std::vector<SingleTensor> inputs, const SingleTensor& output)
        : inputs_(std::move(inputs)), output_(output) {}
    std::ptrdiff_t tasks(const Context&) const override { return 1; }
    void run(const Context&, std::ptrdiff_t, std::byte*) const override;

  private:
    std::vector<SingleTensor> inputs_;
    SingleTensor output_;
};

// `count` channels of the input, from channel `from` on, become those of the output from channel `to` on.
class SingleCopyChannels : public Op {
  public:
    SingleCopyChannels(const SingleTensor& input, std::ptrdiff_t from, const SingleTensor& output,
                       std::ptrdiff_t to, std::ptrdiff_t count)
        : input_(input), output_(output), from_(from), to_(to), count_(count) {}
    std::ptrdiff_t tasks(const Context&) const override { return 1; }
    void run(const Context&, std::ptrdiff_t, std::byte*) const override;

  private:
    SingleTensor input_, output_;
    std::ptrdiff_t from_, to_, count_;
};

}  // namespace cnn
