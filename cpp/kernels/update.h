// From slot sums to new parameters.
//
// AddSlots: gradient = scale * sum over slots (a fixed tree, see slot_tree.h), or added to what is there.
// Sgd: d = g + weight_decay * p; v = momentum * v + (1 - dampening) * d; d = nesterov ? d + momentum * v : v;
//      p = p - learning_rate * d (Polyak 1964; Nesterov 1983 in the form of Sutskever et al. 2013; dampening
//      is Torch7's). Without a velocity array, d is used as it is. The learning rate is the context's.
// Element i belongs to task i / kChunk.
#pragma once

#include "kernels/op.h"
#include "kernels/update_body.h"

namespace cnn {

constexpr std::ptrdiff_t kUpdateChunk = 8192;

class AddSlots : public Op {
  public:
    AddSlots(std::ptrdiff_t count, const float* slots, float* gradient, float scale, bool accumulate);
    std::ptrdiff_t tasks(const Context&) const override { return (count_ + kUpdateChunk - 1) / kUpdateChunk; }
    void run(const Context& context, std::ptrdiff_t task, std::byte*) const override;

  private:
    const UpdateBody* body_;
    std::ptrdiff_t count_;
    const float* slots_;
    float* gradient_;
    float scale_;
    bool accumulate_;
};

class Sgd : public Op {
  public:
    Sgd(std::ptrdiff_t count, float* parameter, const float* gradient, float* velocity,
        const SgdSettings& settings);
    std::ptrdiff_t tasks(const Context&) const override { return (count_ + kUpdateChunk - 1) / kUpdateChunk; }
    void run(const Context& context, std::ptrdiff_t task, std::byte*) const override;

  private:
    const UpdateBody* body_;
    std::ptrdiff_t count_;
    float* parameter_;
    const float* gradient_;
    float* velocity_;
    SgdSettings settings_;
};

}  // namespace cnn
