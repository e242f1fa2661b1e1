// Stochastic pooling (Zeiler & Fergus 2013); x: [block][C][H][W][16], y: [block][C][OH][OW][16].
//
// With a_i = max(x_i, 0) and total = sum of a_i over a window, place i has the probability a_i / total.
// Draw: y is x at the first place whose running sum of a exceeds u total, for a number u of Purpose
// kStochasticPooling, a pure function of (seed, layer, step, sample, c, oh, ow). `choice` (int32, shape of y)
// is that place in the (H, W) plane, or -1: a window whose total is 0 gives 0 and passes no gradient on. The
// backward pass is that of max pooling. The first NaN of a window wins, else its first +Inf.
// Weigh: y = sum of (a_i / total) x_i; 0 where total is 0, NaN with a NaN, +Inf where total is infinite. The
// gradient for x_i is (2 x_i - y) / total where a_i is above 0.
// Padding is never chosen and weighs nothing. One task per block and channel.
#pragma once

#include "core/op.h"
#include "kernels/pooling/stochastic_pooling_body.h"

namespace cnn {

// choice: null where no backward pass will ask for it.
class StochasticPoolingDraw : public Op {
  public:
    StochasticPoolingDraw(const PoolingShape&, std::uint32_t layer, const float* input, float* output,
                          std::int32_t* choice);
    std::ptrdiff_t tasks(const Context& context) const override {
        return block_count(context.samples) * shape_.channels;
    }
    void run(const Context&, std::ptrdiff_t task, std::byte* scratch) const override;
    // The numbers of a plane.
    std::size_t scratch_bytes() const override {
        return static_cast<std::size_t>(shape_.output_plane() * kLanes) * sizeof(float);
    }

  private:
    const StochasticPoolingBody* body_;
    PoolingShape shape_;
    std::uint32_t layer_;
    const float* input_;
    float* output_;
    std::int32_t* choice_;
};

class StochasticPoolingWeigh : public Op {
  public:
    StochasticPoolingWeigh(const PoolingShape&, const float* input, float* output);
    std::ptrdiff_t tasks(const Context& context) const override {
        return block_count(context.samples) * shape_.channels;
    }
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override;

  private:
    const StochasticPoolingBody* body_;
    PoolingShape shape_;
    const float* input_;
    float* output_;
};

class StochasticPoolingWeighBackward : public Op {
  public:
    StochasticPoolingWeighBackward(const PoolingShape&, const float* input, const float* grad_output,
                                   float* grad_input);
    std::ptrdiff_t tasks(const Context& context) const override {
        return block_count(context.samples) * shape_.channels;
    }
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override;

  private:
    const StochasticPoolingBody* body_;
    PoolingShape shape_;
    const float* input_;
    const float* grad_output_;
    float* grad_input_;
};

}  // namespace cnn
