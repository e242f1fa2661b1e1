// Trainable sub-sampling (LeCun, Bottou, Bengio & Haffner 1998, layers S2 and S4 of LeNet-5), forward and
// backward; x: [block][C][H][W][16], y: [block][C][OH][OW][16].
//
//   y[n,c,p,q] = w[c] * sum over (k,l) of x[n,c, p*stride+k, q*stride+l] + b[c]
//
// with one weight and one bias for each map. No padding. The sum of a window is kept nowhere: the gradient of
// w adds it up again from x.
#pragma once

#include "core/op.h"
#include "kernels/pooling/sub_sampling_body.h"

namespace cnn {

// One task per block and channel.
class SubSamplingForward : public Op {
  public:
    SubSamplingForward(const PoolingShape&, const float* weight, const float* bias, const float* input,
                       float* output);
    std::ptrdiff_t tasks(const Context& context) const override {
        return block_count(context.samples) * shape_.channels;
    }
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override;

  private:
    const SubSamplingBody* body_;
    PoolingShape shape_;
    const float* weight_;
    const float* bias_;
    const float* input_;
    float* output_;
};

// One task per block and channel.
class SubSamplingBackward : public Op {
  public:
    SubSamplingBackward(const PoolingShape&, const float* weight, const float* grad_output,
                        float* grad_input);
    std::ptrdiff_t tasks(const Context& context) const override {
        return block_count(context.samples) * shape_.channels;
    }
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override;

  private:
    const SubSamplingBody* body_;
    PoolingShape shape_;
    const float* weight_;
    const float* grad_output_;
    float* grad_input_;
};

// slots[slot][channel]; one task for each of them.
class SubSamplingWeightGradient : public Op {
  public:
    SubSamplingWeightGradient(const PoolingShape&, const float* input, const float* grad_output,
                              float* slots);
    std::ptrdiff_t tasks(const Context& context) const override {
        return slot_count(context.samples) * shape_.channels;
    }
    void run(const Context& context, std::ptrdiff_t task, std::byte*) const override;

  private:
    const SubSamplingBody* body_;
    PoolingShape shape_;
    const float* input_;
    const float* grad_output_;
    float* slots_;
};

}  // namespace cnn
