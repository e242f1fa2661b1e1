// The layers of a network for a single sample, in the layout of single_tensor.h; what they compute is stated
// where the same layer works on lanes of samples (pooling.h, activation.h, batch_normalization.h,
// log_softmax.h, gather.h), NaN and Inf included. Whether a layer is split into tasks depends on its shape
// alone.
#pragma once

#include "core/gather.h"
#include "core/op.h"
#include "kernels/activation/activation.h"
#include "kernels/pooling/pooling_body.h"
#include "kernels/single/single_layers_body.h"
#include "kernels/single/single_packed.h"
#include "kernels/single/single_tensor.h"

namespace cnn {

// One image (C, H, W) of a data set; bytes through `table` (C x 256).
class SingleInput : public Op {
  public:
    SingleInput(const GatherSource* source, const float* table, const SingleTensor& output)
        : source_(source), table_(table), output_(output) {}
    std::ptrdiff_t tasks(const Context&) const override { return 1; }
    void run(const Context&, std::ptrdiff_t, std::byte*) const override;

  private:
    const GatherSource* source_;
    const float* table_;
    SingleTensor output_;
};

// To (C, H, W), the order in which linear layers and results count features.
class SingleFlatten : public Op {
  public:
    SingleFlatten(const SingleTensor& input, float* output) : input_(input), output_(output) {}
    std::ptrdiff_t tasks(const Context&) const override { return 1; }
    void run(const Context&, std::ptrdiff_t, std::byte*) const override;

  private:
    SingleTensor input_;
    float* output_;
};

// y = W x + b of a vector; weight: (outputs, inputs), read in place.
class SingleLinear : public Op {
  public:
    SingleLinear(std::ptrdiff_t inputs, std::ptrdiff_t outputs, const float* weight, const float* bias,
                 bool relu, const float* input, float* output);
    std::ptrdiff_t tasks(const Context&) const override { return tasks_; }
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override;

  private:
    const SingleLayersBody* body_;
    SingleProducts products_;
    std::ptrdiff_t outputs_, tasks_;
};

class SinglePooling : public Op {
  public:
    enum class Kind { kMaximum, kAverage, kAverageWithPadding };
    SinglePooling(Kind kind, const PoolingShape& shape, const SingleTensor& input,
                  const SingleTensor& output);
    std::ptrdiff_t tasks(const Context&) const override { return tasks_; }
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override;

  private:
    const SingleLayersBody* body_;
    Kind kind_;
    PoolingShape shape_;
    SingleTensor input_, output_;
    std::ptrdiff_t tasks_;
};

class SingleActivation : public Op {
  public:
    SingleActivation(const Activation& activation, const SingleTensor& input, const SingleTensor& output);
    std::ptrdiff_t tasks(const Context&) const override { return 1; }
    void run(const Context&, std::ptrdiff_t, std::byte*) const override;

  private:
    Activation activation_;
    ForwardFunction* function_;
    SingleTensor input_, output_;
};

// Batch normalization in evaluation, where no convolution does it on its way out.
class SingleNormalize : public Op, public SinglePacked {
  public:
    SingleNormalize(const SingleNormalization& normalization, bool relu, const SingleTensor& input,
                    const SingleTensor& output);
    bool pack() override;
    std::size_t bytes() const override { return arrays_.bytes(); }
    std::ptrdiff_t tasks(const Context&) const override { return 1; }
    void run(const Context&, std::ptrdiff_t, std::byte*) const override;

  private:
    const SingleLayersBody* body_;
    SingleEpilogueArrays arrays_;
    bool relu_;
    SingleTensor input_, output_;
};

// Of a vector.
class SingleLogSoftmax : public Op {
  public:
    SingleLogSoftmax(std::ptrdiff_t classes, const float* input, float* output);
    std::ptrdiff_t tasks(const Context&) const override { return 1; }
    void run(const Context&, std::ptrdiff_t, std::byte*) const override;

  private:
    const SingleLayersBody* body_;
    std::ptrdiff_t classes_;
    const float* input_;
    float* output_;
};

// From (C, H, W) to channels as lanes.
class SingleFromPlanes : public Op {
  public:
    SingleFromPlanes(const float* planes, const SingleTensor& output) : planes_(planes), output_(output) {}
    std::ptrdiff_t tasks(const Context&) const override { return 1; }
    void run(const Context&, std::ptrdiff_t, std::byte*) const override;

  private:
    const float* planes_;
    SingleTensor output_;
};
void single_from_planes(const float* planes, const SingleTensor& output);

}  // namespace cnn
