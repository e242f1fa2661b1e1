// Pooling, forward and backward; x: [block][C][H][W][16], y: [block][C][OH][OW][16].
//
// Maximum: y[n,c,oh,ow] = max over (kh,kw) of x[n,c, oh*stride+kh-padding, ow*stride+kw-padding]; padding is
// never the maximum. `argmax` (int32, shape of y) is the index in the (H, W) plane of the first maximum. A
// NaN wins, the first one of several. Average: the mean of the same window. Padding is zeros that count in
// the divisor, or does not count at all. Each window must hold at least one input. One task per block and
// channel.
#pragma once

#include "core/op.h"
#include "kernels/pooling/pooling_body.h"

namespace cnn {

// argmax: null where no backward pass will ask for it.
class MaxPoolingForward : public Op {
  public:
    MaxPoolingForward(const PoolingShape&, const float* input, float* output, std::int32_t* argmax);
    std::ptrdiff_t tasks(const Context& context) const override {
        return block_count(context.samples) * shape_.channels;
    }
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override;

  private:
    const PoolingBody* body_;
    PoolingShape shape_;
    const float* input_;
    float* output_;
    std::int32_t* argmax_;
};

// `rectified_output`: null, or the pooled output of a ReLU whose backward pass is done here too.
class MaxPoolingBackward : public Op {
  public:
    MaxPoolingBackward(const PoolingShape&, const float* grad_output, const std::int32_t* argmax,
                       const float* rectified_output, float* grad_input);
    std::ptrdiff_t tasks(const Context& context) const override {
        return block_count(context.samples) * shape_.channels;
    }
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override;

  private:
    const PoolingBody* body_;
    PoolingShape shape_;
    const float* grad_output_;
    const std::int32_t* argmax_;
    const float* rectified_output_;
    float* grad_input_;
};

class AveragePoolingForward : public Op {
  public:
    AveragePoolingForward(const PoolingShape&, bool count_padding, const float* input, float* output);
    std::ptrdiff_t tasks(const Context& context) const override {
        return block_count(context.samples) * shape_.channels;
    }
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override;

  private:
    const PoolingBody* body_;
    PoolingShape shape_;
    bool count_padding_;
    const float* input_;
    float* output_;
};

class AveragePoolingBackward : public Op {
  public:
    AveragePoolingBackward(const PoolingShape&, bool count_padding, const float* grad_output,
                           float* grad_input);
    std::ptrdiff_t tasks(const Context& context) const override {
        return block_count(context.samples) * shape_.channels;
    }
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override;

  private:
    const PoolingBody* body_;
    PoolingShape shape_;
    bool count_padding_;
    const float* grad_output_;
    float* grad_input_;
};

}  // namespace cnn
