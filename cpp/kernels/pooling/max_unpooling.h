// The way back from max pooling: each value goes to its place in a larger plane, and elsewhere is 0.
//
//   y[n,c,places[n,c,i]] = x[n,c,i] for i = 0, 1, ... in this order, so that of several values with one place
//   the last one stays
//   grad_x[n,c,i] = grad_y[n,c,places[n,c,i]], and 0 for a value that was written over
//
// x, places (int32): [block][C][P][16], P values of a plane row by row; y: [block][C][Q][16]. A place is an
// index into the plane of Q values. One task per block and channel; values are copied and never computed
// with, so that all instruction sets share this.
#pragma once

#include "core/op.h"

namespace cnn {

struct UnpoolingShape {
    std::ptrdiff_t channels = 0;
    std::ptrdiff_t values = 0, places = 0;  // of a plane: P, Q
    std::ptrdiff_t height = 0, width = 0;   // of the plane of Q
    bool distinct = false;                  // no two values have one place
};

class MaxUnpoolingForward : public Op {
  public:
    MaxUnpoolingForward(const UnpoolingShape& shape, const float* input, const std::int32_t* places,
                        float* output)
        : shape_(shape), input_(input), places_(places), output_(output) {}
    std::ptrdiff_t tasks(const Context& context) const override {
        return block_count(context.samples) * shape_.channels;
    }
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override;

  private:
    UnpoolingShape shape_;
    const float* input_;
    const std::int32_t* places_;
    float* output_;
};

class MaxUnpoolingBackward : public Op {
  public:
    MaxUnpoolingBackward(const UnpoolingShape& shape, const float* grad_output, const std::int32_t* places,
                         float* grad_input)
        : shape_(shape), grad_output_(grad_output), places_(places), grad_input_(grad_input) {}
    std::ptrdiff_t tasks(const Context& context) const override {
        return block_count(context.samples) * shape_.channels;
    }
    void run(const Context&, std::ptrdiff_t task, std::byte* scratch) const override;
    // Of each place the last value that has it; nothing has to be there before.
    std::size_t scratch_bytes() const override {
        return shape_.distinct ? 0 : static_cast<std::size_t>(shape_.places * kLanes) * sizeof(std::int32_t);
    }

  private:
    UnpoolingShape shape_;
    const float* grad_output_;
    const std::int32_t* places_;
    float* grad_input_;
};

}  // namespace cnn
