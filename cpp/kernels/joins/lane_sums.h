// Sums and copies of whole activations, block by block. Added from the first to the last, so that the bits
// depend on the order of the inputs alone. One task per block and slice of the features.
#pragma once

#include <vector>

#include "core/op.h"

namespace cnn {

// output = inputs[0] + inputs[1] + ...; each [block][size][16]. None may be the output.
class LaneSums : public Op {
  public:
    LaneSums(std::ptrdiff_t size, std::vector<const float*> inputs, float* output);
    std::ptrdiff_t tasks(const Context& context) const override;
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override;

  private:
    std::ptrdiff_t size_;
    std::vector<const float*> inputs_;
    float* output_;
};

// `count` features of each sample, between two arrays of blocks that have `from_size` and `to_size` features;
// `from` and `to` point at the first of them.
class CopyFeatures : public Op {
  public:
    CopyFeatures(std::ptrdiff_t count, const float* from, std::ptrdiff_t from_size, float* to,
                 std::ptrdiff_t to_size);
    std::ptrdiff_t tasks(const Context& context) const override;
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override;

  private:
    std::ptrdiff_t count_, from_size_, to_size_;
    const float* from_;
    float* to_;
};

}  // namespace cnn
