// A network lowered once, for one batch size, to operations on buffers of its own; a run of all of it is one
// call.
//
// Built by naming tensors: input() gives the first, each layer takes a tensor and gives the next, loss
// functions end a training program, and finish() emits the backward pass. Nothing that a program reads or
// writes besides its own buffers (parameters, gradients, optimizer state, running statistics) is changed
// before the backward pass of a step is complete, but for gradients, which every step writes anew.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernels/activation.h"
#include "kernels/batch_normalization.h"
#include "kernels/convolution.h"
#include "kernels/gather.h"
#include "kernels/pooling.h"
#include "kernels/update.h"
#include "program/layer_calls.h"
#include "program/single_program.h"
#include "runtime/aligned_buffer.h"
#include "runtime/runner.h"

namespace cnn {

enum class Outcome { kDone, kStopped };

struct RunResult {
    Outcome outcome = Outcome::kDone;
    double loss = 0.0;  // the sum over samples
    std::int64_t correct = 0;
};

class Program {
  public:
    // `training` programs have gradients and a backward pass. `couples_samples`: a layer makes a sample's
    // output depend on others, so that a batch must not be run in parts. `frozen`: learned arrays will not
    // change any more, see SingleProgram.
    Program(std::ptrdiff_t batch_size, bool training, bool couples_samples, bool frozen = false);

    int input(std::ptrdiff_t channels, std::ptrdiff_t height, std::ptrdiff_t width, std::vector<float> table);
    int convolution(int x, ConvolutionShape shape, const LearnedArrays& arrays, bool relu);
    // The two, in one pass where the shapes allow it.
    int pooled_convolution(int x, const ConvolutionShape& shape, const PoolingShape& pooling,
                           const LearnedArrays& arrays, bool relu);
    int linear(int x, std::ptrdiff_t outputs, const LearnedArrays& arrays, bool relu);
    int max_pooling(int x, const PoolingShape& shape);
    int average_pooling(int x, const PoolingShape& shape, bool count_padding);
    int activation(int x, ActivationKind kind);
    int batch_normalization(int x, const LearnedArrays& arrays, float* running_mean, float* running_variance,
                            float momentum, float epsilon, bool relu);
    int flatten(int x);
    int dropout(int x, float rate, std::uint32_t layer);
    int log_softmax(int x);
    int foreign(int x, std::ptrdiff_t channels, std::ptrdiff_t height, std::ptrdiff_t width,
                ForeignLayer layer);

    // The loss of a training or an evaluating program. through_softmax: x holds scores, not
    // log-probabilities.
    void nll(int x, bool through_softmax);
    void squared_error(int x, float factor);
    // What outputs() gives: the values of x.
    void result(int x);
    void sgd(std::ptrdiff_t count, float* value, const float* gradient, float* velocity,
             const SgdSettings& settings);
    void finish();

    // Samples to read; a null `labels` or `targets` where there is none.
    void bind(const std::uint8_t* bytes, const float* floats, const std::int64_t* labels,
              const float* targets);

    // The backward pass and the update follow the forward pass in step(), and nothing in forward(). Batches
    // of more than kMicroBatch samples run in parts unless a layer couples samples.
    // `sample_losses`: null, or (count,) for the loss of each sample before the update.
    RunResult step(const std::int64_t* indices, std::ptrdiff_t count, Context context, int threads,
                   const std::function<bool()>& should_stop, float* sample_losses);
    // `rows`: null, or (count, result features) for the result. With `losses`, labels or targets must be
    // bound. Both throw std::invalid_argument where a label is no class, before anything has changed.
    RunResult forward(std::int64_t first, const std::int64_t* indices, std::ptrdiff_t count, int threads,
                      const std::function<bool()>& should_stop, bool losses, float* rows);

    std::ptrdiff_t batch_size() const { return batch_size_; }
    int tensor_count() const { return static_cast<int>(tensors_.size()); }
    std::ptrdiff_t channels(int x) const { return tensor(x).channels; }
    std::ptrdiff_t height(int x) const { return tensor(x).height; }
    std::ptrdiff_t width(int x) const { return tensor(x).width; }
    std::ptrdiff_t features(int x) const { return tensor(x).features(); }
    std::ptrdiff_t result_features() const { return result_ < 0 ? 0 : tensor(result_).features(); }
    std::size_t bytes() const { return bytes_ + (single_ ? single_->bytes() : 0); }

  private:
    struct Tensor {
        std::ptrdiff_t channels, height, width;
        float* values;
        float* gradient;         // null: not needed
        bool rectified = false;  // by a ReLU that is part of its producer ...
        bool unrectify = false;  // ... whose backward pass the producer still has to do
        Op* producer = nullptr;  // a convolution without a ReLU, that can take over what follows it
        std::ptrdiff_t features() const { return channels * height * width; }
    };

    // A part of a run: operations in parallel, then perhaps a call of a foreign layer.
    struct Segment {
        std::vector<Stage> stages;
        std::function<bool(const Context&)> call;
    };

    template <class T>
    T* buffer(std::vector<AlignedBuffer<T>>& pool, std::ptrdiff_t count);
    float* floats(std::ptrdiff_t count) { return buffer(float_buffers_, count); }
    float* lanes(std::ptrdiff_t features) { return floats(block_count(capacity_) * kLanes * features); }
    const Tensor& tensor(int x) const { return tensors_[static_cast<std::size_t>(x)]; }
    Tensor& tensor(int x) { return tensors_[static_cast<std::size_t>(x)]; }
    int make(std::ptrdiff_t channels, std::ptrdiff_t height, std::ptrdiff_t width, bool needs_gradient);
    int alias(int x);

    const Op* keep(Op* op);
    void prepare(Op* op) { prepare_.push_back(keep(op)); }
    void forward_stage(Op* op) { forward_.back().stages.push_back({keep(op)}); }
    void backward_stage(Stage stage);
    void later(Op* op) { deferred_.push_back(keep(op)); }
    void undo_relu(const Tensor& y);
    void parameter_gradients(const ConvolutionShape& shape, const float* x, const float* grad_y,
                             const LearnedArrays& arrays, ConvolutionAlgorithm algorithm, Stage& first);
    void bias_gradient(std::ptrdiff_t channels, std::ptrdiff_t positions, const float* grad_y,
                       float* grad_bias);
    void add_slots(std::ptrdiff_t count, const float* slots, float* gradient);
    bool run_segments(const std::vector<Segment>& segments, const Context& context, int threads,
                      const std::function<bool()>& should_stop);
    void copy_targets(const std::int64_t* indices, std::int64_t first, std::ptrdiff_t count);
    void add_losses(std::ptrdiff_t count, RunResult& result) const;

    std::ptrdiff_t batch_size_, capacity_;
    bool training_;
    std::size_t bytes_ = 0;
    std::vector<Tensor> tensors_;
    std::vector<std::unique_ptr<Op>> ops_;
    std::vector<AlignedBuffer<float>> float_buffers_;
    std::vector<AlignedBuffer<std::int32_t>> index_buffers_;
    std::vector<std::function<void()>> backward_emitters_;

    Stage prepare_, deferred_, reduce_, update_;
    std::vector<Segment> forward_, backward_;
    Stage loss_;  // after the forward pass, where losses are wanted
    std::vector<Segment> step_program_, forward_program_, loss_program_;

    GatherSource source_;
    std::vector<float> table_;
    const std::int64_t* labels_ = nullptr;
    const float* targets_ = nullptr;
    std::ptrdiff_t target_size_ = 0, classes_ = 0;
    std::vector<std::int64_t> batch_labels_;
    std::vector<float> batch_targets_;
    std::vector<float> losses_;
    std::vector<std::uint8_t> correct_;
    int result_ = -1;
    float* result_rows_ = nullptr;
    Runner runner_;
    std::unique_ptr<SingleProgram> single_;  // for a few samples; null in training
};

}  // namespace cnn
