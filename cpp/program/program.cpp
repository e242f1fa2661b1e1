#include "program/program.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

#include "kernels/convolution_algorithms.h"
#include "kernels/dropout.h"
#include "kernels/layout.h"
#include "kernels/linear.h"
#include "kernels/log_softmax.h"
#include "kernels/loss.h"
#include "kernels/pooled_convolution.h"
#include "kernels/pooled_gradient.h"
#include "kernels/winograd.h"
#include "kernels/winograd_pooled.h"

namespace cnn {
namespace {

// Batches beyond this run in parts whose gradients are added, so that "all training images at once" fits in
// memory.
constexpr std::ptrdiff_t kMicroBatch = 1024;
// Up to so many samples are run one by one and not as lanes of a block, of which the others would be dead.
// Measured with LeNet-5 on one Zen 3 core: 16 us a sample, 205 us a block of any number.
constexpr std::ptrdiff_t kSingleSamples = 12;

}  // namespace

Program::Program(std::ptrdiff_t batch_size, bool training, bool couples_samples, bool frozen)
    : batch_size_(batch_size),
      capacity_(training && couples_samples ? batch_size : std::min(batch_size, kMicroBatch)),
      training_(training) {
    if (!training) single_ = std::make_unique<SingleProgram>(frozen);
    forward_.emplace_back();
    backward_.emplace_back();
    losses_.resize(static_cast<std::size_t>(capacity_));
    correct_.resize(static_cast<std::size_t>(capacity_));
}

template <class T>
T* Program::buffer(std::vector<AlignedBuffer<T>>& pool, std::ptrdiff_t count) {
    pool.emplace_back(count);
    bytes_ += static_cast<std::size_t>(count) * sizeof(T);
    return pool.back().data();
}

const Op* Program::keep(Op* op) {
    ops_.emplace_back(op);
    return op;
}

int Program::make(std::ptrdiff_t channels, std::ptrdiff_t height, std::ptrdiff_t width, bool needs_gradient) {
    const std::ptrdiff_t features = channels * height * width;
    float* values = lanes(features);
    tensors_.push_back(
        {channels, height, width, values, training_ && needs_gradient ? lanes(features) : nullptr});
    return static_cast<int>(tensors_.size()) - 1;
}

void Program::backward_stage(Stage stage) {
    // What was put off only has to run before the step ends: it fills threads that this stage leaves idle.
    stage.insert(stage.end(), deferred_.begin(), deferred_.end());
    deferred_.clear();
    if (!stage.empty()) backward_.back().stages.push_back(std::move(stage));
}

// The backward pass of the ReLU that is part of a layer, unless the pooling after it has done it.
void Program::undo_relu(const Tensor& y) {
    if (!y.unrectify) return;
    backward_stage({keep(
        new ActivationBackward(ActivationKind::kRelu, y.features(), y.values, y.gradient, y.gradient))});
}

// Another name for the same values.
int Program::alias(int x) {
    tensors_.push_back(Tensor(tensor(x)));
    tensors_.back().producer = nullptr;
    return static_cast<int>(tensors_.size()) - 1;
}

int Program::input(std::ptrdiff_t channels, std::ptrdiff_t height, std::ptrdiff_t width,
                   std::vector<float> table) {
    table_ = std::move(table);
    const int y = make(channels, height, width, false);
    prepare(new Gather(channels, height * width, &source_, table_.data(), tensor(y).values));
    if (single_) single_->input(y, channels, height, width, table_.data());
    return y;
}

void Program::add_slots(std::ptrdiff_t count, const float* slots, float* gradient) {
    reduce_.push_back(keep(new AddSlots(count, slots, gradient, 1.0f, false)));
}

void Program::parameter_gradients(const ConvolutionShape& shape, const float* x, const float* grad_y,
                                  const LearnedArrays& arrays, ConvolutionAlgorithm algorithm, Stage& first) {
    const std::ptrdiff_t slots = slot_count(capacity_), positions = shape.output_height * shape.output_width;
    float* weight_slots = floats(slots * shape.weight_size());
    if (algorithm == ConvolutionAlgorithm::kDirect) {
        later(new ConvolutionWeightGradient(shape, x, grad_y, weight_slots));
    } else if (algorithm == ConvolutionAlgorithm::kWinograd) {
        later(new WinogradWeightGradient(shape, x, grad_y, weight_slots));
    } else {
        float* packed = lanes(shape.output_size());
        first.push_back(keep(new PackSampleMajor(shape, grad_y, packed)));
        later(new ConvolutionWeightGradientIm2col(shape, x, packed, weight_slots));
    }
    add_slots(shape.weight_size(), weight_slots, arrays.grad_weight);
    if (arrays.grad_bias) bias_gradient(shape.output_channels, positions, grad_y, arrays.grad_bias);
}

void Program::bias_gradient(std::ptrdiff_t channels, std::ptrdiff_t positions, const float* grad_y,
                            float* grad_bias) {
    float* slots = floats(slot_count(capacity_) * channels);
    later(new BiasGradient(channels, positions, grad_y, slots));
    add_slots(channels, slots, grad_bias);
}

int Program::convolution(int x, ConvolutionShape shape, const LearnedArrays& arrays, bool relu) {
    const int y = make(shape.output_channels, shape.output_height, shape.output_width, true);
    if (single_) single_->convolution(x, y, shape, arrays, relu);
    tensor(y).rectified = tensor(y).unrectify = relu;
    const ConvolutionAlgorithm algorithm = choose_forward(shape);
    float* packed = floats(packed_weight_size(shape, algorithm));
    prepare(pack_weights(shape, algorithm, false, arrays.weight, packed));
    Op* op =
        convolution_forward(shape, algorithm, tensor(x).values, tensor(y).values, packed, arrays.bias, relu);
    forward_stage(op);
    if (!relu) tensor(y).producer = op;
    if (training_) {
        backward_emitters_.push_back([=] {
            undo_relu(tensor(y));
            Stage first = std::exchange(deferred_, {});
            parameter_gradients(shape, tensor(x).values, tensor(y).gradient, arrays,
                                choose_backward_parameters(shape), first);
            if (tensor(x).gradient) {
                const ConvolutionAlgorithm backward = choose_backward_input(shape);
                float* packed_back = floats(packed_weight_size(shape, backward));
                prepare(pack_weights(shape, backward, true, arrays.weight, packed_back));
                first.push_back(keep(convolution_backward_input(shape, backward, tensor(y).gradient,
                                                                tensor(x).gradient, packed_back)));
            }
            if (!first.empty()) backward_.back().stages.push_back(std::move(first));
        });
    }
    return y;
}

int Program::pooled_convolution(int x, const ConvolutionShape& shape, const PoolingShape& pooling,
                                const LearnedArrays& arrays, bool relu) {
    if (!can_pool_convolution(shape, pooling) || (training_ && !has_sparse_gradient(shape, pooling)) ||
        choose_forward(shape) == ConvolutionAlgorithm::kWinograd) {
        return max_pooling(convolution(x, shape, arrays, relu), pooling);
    }
    // What the convolution gives is no array here, but a single sample has its own.
    tensors_.push_back({shape.output_channels, shape.output_height, shape.output_width, nullptr, nullptr});
    const int between = static_cast<int>(tensors_.size()) - 1;
    const int y = make(shape.output_channels, pooling.output_height, pooling.output_width, true);
    if (single_) {
        single_->convolution(x, between, shape, arrays, relu);
        single_->pooling(between, y, SinglePooling::Kind::kMaximum, pooling);
    }
    const std::ptrdiff_t blocks = block_count(capacity_), outputs = shape.output_channels;
    std::int32_t* choice =
        training_ ? buffer(index_buffers_, blocks * kLanes * tensor(y).features()) : nullptr;
    if (pooled_winograd_pays(shape, pooling)) {
        float* transformed = floats(pooled_winograd_weight_size(shape));
        prepare(new TransformPooledWeights(shape, arrays.weight, transformed));
        forward_stage(new WinogradPooledConvolution(shape, pooling, relu, tensor(x).values, tensor(y).values,
                                                    choice, transformed, arrays.bias));
    } else {
        float* packed = floats(shape.weight_size());
        prepare(new PackConvolutionWeights(shape, false, arrays.weight, packed));
        forward_stage(new PooledConvolution(shape, pooling, relu, tensor(x).values, tensor(y).values, choice,
                                            packed, arrays.bias));
    }
    if (training_) {
        const auto plan = std::make_shared<const PooledGradientPlan>(shape, pooling);
        float* rows = floats(blocks * kLanes * plan->sample);
        forward_.back().stages.back().push_back(keep(new PadRows(plan, tensor(x).values, rows)));
        backward_emitters_.push_back([=] {
            const PooledOutputs pooled{tensor(y).gradient, relu ? tensor(y).values : nullptr, choice};
            Stage first;
            if (tensor(x).gradient) {
                float* packed_back = floats(plan->packed_size);
                prepare(new PackPooledWeights(plan, arrays.weight, packed_back));
                first.push_back(keep(new ListInputGradient(plan, pooled, packed_back, tensor(x).gradient)));
            }
            backward_stage(std::move(first));
            const std::ptrdiff_t slots = slot_count(capacity_);
            float* weight_slots = floats(slots * shape.weight_size());
            float* bias_slots = arrays.grad_bias ? floats(slots * outputs) : nullptr;
            later(new ListWeightGradient(plan, pooled, rows, weight_slots, bias_slots));
            add_slots(shape.weight_size(), weight_slots, arrays.grad_weight);
            if (arrays.grad_bias) add_slots(outputs, bias_slots, arrays.grad_bias);
        });
    }
    return y;
}

int Program::linear(int x, std::ptrdiff_t outputs, const LearnedArrays& arrays, bool relu) {
    const std::ptrdiff_t inputs = tensor(x).features();
    const int y = make(outputs, 1, 1, true);
    if (single_) single_->linear(x, y, outputs, arrays, relu);
    tensor(y).rectified = tensor(y).unrectify = relu;
    forward_stage(LinearProduct::forward(inputs, outputs, tensor(x).values, tensor(y).values, arrays.weight,
                                         arrays.bias, relu));
    if (training_) {
        // For the gradient of the weights; beside the product, since both wait for x only.
        const std::ptrdiff_t row = linear_row_stride(inputs);
        float* rows = floats(block_count(capacity_) * kLanes * row);
        forward_.back().stages.back().push_back(keep(new FromLanes(inputs, tensor(x).values, rows, row)));
        backward_emitters_.push_back([=] {
            undo_relu(tensor(y));
            Stage first = std::exchange(deferred_, {});
            later(new LinearWeightGradient(inputs, outputs, rows, tensor(y).gradient, arrays.grad_weight,
                                           1.0f, false));
            if (arrays.grad_bias) bias_gradient(outputs, 1, tensor(y).gradient, arrays.grad_bias);
            if (tensor(x).gradient) {
                first.push_back(keep(LinearProduct::backward_input(inputs, outputs, tensor(y).gradient,
                                                                   tensor(x).gradient, arrays.weight)));
            }
            if (!first.empty()) backward_.back().stages.push_back(std::move(first));
        });
    }
    return y;
}

int Program::max_pooling(int x, const PoolingShape& shape) {
    const bool needed = tensor(x).gradient != nullptr;
    const int y = make(shape.channels, shape.output_height, shape.output_width, needed);
    if (single_) single_->pooling(x, y, SinglePooling::Kind::kMaximum, shape);
    const std::ptrdiff_t size = tensor(y).features();
    std::int32_t* argmax = needed ? buffer(index_buffers_, block_count(capacity_) * kLanes * size) : nullptr;
    forward_stage(new MaxPoolingForward(shape, tensor(x).values, tensor(y).values, argmax));
    if (needed) {
        const bool rectified = tensor(x).rectified;
        tensor(x).unrectify = false;  // here, where there are fewer values
        backward_emitters_.push_back([=] {
            backward_stage(
                {keep(new MaxPoolingBackward(shape, tensor(y).gradient, argmax,
                                             rectified ? tensor(y).values : nullptr, tensor(x).gradient))});
        });
    }
    return y;
}

int Program::average_pooling(int x, const PoolingShape& shape, bool count_padding) {
    const bool needed = tensor(x).gradient != nullptr;
    const int y = make(shape.channels, shape.output_height, shape.output_width, needed);
    if (single_) {
        single_->pooling(
            x, y, count_padding ? SinglePooling::Kind::kAverageWithPadding : SinglePooling::Kind::kAverage,
            shape);
    }
    forward_stage(new AveragePoolingForward(shape, count_padding, tensor(x).values, tensor(y).values));
    if (needed) {
        backward_emitters_.push_back([=] {
            backward_stage({keep(
                new AveragePoolingBackward(shape, count_padding, tensor(y).gradient, tensor(x).gradient))});
        });
    }
    return y;
}

int Program::activation(int x, ActivationKind kind) {
    const bool needed = tensor(x).gradient != nullptr;
    const int y = make(tensor(x).channels, tensor(x).height, tensor(x).width, needed);
    if (single_) single_->activation(x, y, kind);
    forward_stage(new ActivationForward(kind, tensor(x).features(), tensor(x).values, tensor(y).values));
    if (needed) {
        backward_emitters_.push_back([=] {
            backward_stage({keep(new ActivationBackward(kind, tensor(x).features(), tensor(y).values,
                                                        tensor(y).gradient, tensor(x).gradient))});
        });
    }
    return y;
}

int Program::batch_normalization(int x, const LearnedArrays& arrays, float* running_mean,
                                 float* running_variance, float momentum, float epsilon, bool relu) {
    // With known statistics the convolution before it normalizes its results on the way out.
    auto* convolution = training_ ? nullptr : dynamic_cast<WinogradGather*>(tensor(x).producer);
    const int y = convolution ? alias(x) : make(tensor(x).channels, tensor(x).height, tensor(x).width, true);
    tensor(y).rectified = tensor(y).unrectify = relu;
    if (single_) {
        single_->normalization(x, y, {running_mean, running_variance, arrays.weight, arrays.bias, epsilon},
                               relu);
    }
    BatchNormalizationArrays a{};
    a.channels = tensor(x).channels;
    a.positions = tensor(x).height * tensor(x).width;
    a.momentum = momentum;
    a.epsilon = epsilon;
    a.input = tensor(x).values;
    a.output = tensor(y).values;
    a.grad_output = tensor(y).gradient;
    a.grad_input = tensor(x).gradient;
    a.weight = arrays.weight;
    a.bias = arrays.bias;
    a.running_mean = running_mean;
    a.running_variance = running_variance;
    a.mean = floats(a.channels);
    a.variance = floats(a.channels);
    a.inverse_std = floats(a.channels);
    a.slot_sum = floats(kMaxSlots * a.channels);
    a.slot_second = floats(kMaxSlots * a.channels);
    a.training = training_;
    a.relu = relu;
    if (training_) {
        forward_stage(new BatchSums(a));
        forward_stage(new BatchSquares(a));
        forward_stage(new BatchStatistics(a));
        update_.push_back(keep(new UpdateRunningStatistics(a)));
    } else {
        prepare(new BatchStatistics(a));
    }
    if (convolution) {
        convolution->normalize({a.mean, a.inverse_std, a.weight, a.bias}, relu);
    } else {
        forward_stage(new BatchNormalize(a));
    }
    if (training_) {
        backward_emitters_.push_back([=]() mutable {
            a.unrectify = tensor(y).unrectify;
            backward_stage({keep(new BatchGradientSums(a))});
            if (a.grad_input) backward_stage({keep(new BatchNormalizationBackward(a))});
            if (arrays.grad_weight) add_slots(a.channels, a.slot_second, arrays.grad_weight);
            if (arrays.grad_bias) add_slots(a.channels, a.slot_sum, arrays.grad_bias);
        });
    }
    return y;
}

int Program::flatten(int x) {
    const Tensor from = tensor(x);
    tensors_.push_back({from.features(), 1, 1, from.values, from.gradient});
    const int y = static_cast<int>(tensors_.size()) - 1;
    if (single_) single_->flatten(x, y);
    return y;
}

int Program::dropout(int x, float rate, std::uint32_t layer) {
    if (!training_) return x;
    const bool needed = tensor(x).gradient != nullptr;
    const int y = make(tensor(x).channels, tensor(x).height, tensor(x).width, needed);
    forward_stage(new Dropout(tensor(x).features(), rate, layer, tensor(x).values, tensor(y).values));
    if (needed) {
        backward_emitters_.push_back([=] {
            backward_stage({keep(
                new Dropout(tensor(x).features(), rate, layer, tensor(y).gradient, tensor(x).gradient))});
        });
    }
    return y;
}

int Program::log_softmax(int x) {
    const bool needed = tensor(x).gradient != nullptr;
    const int y = make(tensor(x).features(), 1, 1, needed);
    if (single_) single_->log_softmax(x, y);
    forward_stage(new LogSoftmaxForward(tensor(x).features(), tensor(x).values, tensor(y).values));
    if (needed) {
        backward_emitters_.push_back([=] {
            backward_stage({keep(new LogSoftmaxBackward(tensor(x).features(), tensor(y).values,
                                                        tensor(y).gradient, tensor(x).gradient))});
        });
    }
    return y;
}

int Program::foreign(int x, std::ptrdiff_t channels, std::ptrdiff_t height, std::ptrdiff_t width,
                     ForeignLayer layer) {
    const int y = make(channels, height, width, true);
    if (single_) single_->foreign(x, y, channels, height, width, layer);
    float* x_rows = floats(capacity_ * tensor(x).features());
    float* y_rows = floats(capacity_ * tensor(y).features());
    forward_stage(new FromLanes(tensor(x).features(), tensor(x).values, x_rows));
    forward_.back().call = [=](const Context& context) {
        return layer.forward(context.samples, x_rows, y_rows);
    };
    forward_.emplace_back();
    forward_stage(new ToLanes(tensor(y).features(), y_rows, tensor(y).values));
    if (training_) {
        float* grad_x_rows = floats(capacity_ * tensor(x).features());
        float* grad_y_rows = floats(capacity_ * tensor(y).features());
        backward_emitters_.push_back([=] {
            backward_stage({keep(new FromLanes(tensor(y).features(), tensor(y).gradient, grad_y_rows))});
            backward_.back().call = [=](const Context& context) {
                return layer.backward(context.samples, x_rows, grad_y_rows, grad_x_rows,
                                      context.accumulate_gradients);
            };
            backward_.emplace_back();
            if (tensor(x).gradient) {
                backward_stage({keep(new ToLanes(tensor(x).features(), grad_x_rows, tensor(x).gradient))});
            }
        });
    }
    return y;
}

void Program::nll(int x, bool through_softmax) {
    batch_labels_.resize(static_cast<std::size_t>(capacity_));
    const std::ptrdiff_t classes = classes_ = tensor(x).features();
    const float* log_probabilities = tensor(x).values;
    if (through_softmax) {
        float* values = lanes(classes);
        forward_stage(new LogSoftmaxForward(classes, tensor(x).values, values));
        log_probabilities = values;
        tensors_.push_back({classes, 1, 1, values, nullptr});
        result_ = static_cast<int>(tensors_.size()) - 1;
        if (single_) single_->log_softmax(x, result_);
    } else {
        result_ = x;
    }
    loss_.push_back(keep(new NllLoss(classes, log_probabilities, batch_labels_.data(), losses_.data(),
                                     correct_.data(), tensor(x).gradient, through_softmax)));
}

void Program::squared_error(int x, float factor) {
    target_size_ = tensor(x).features();
    batch_targets_.resize(static_cast<std::size_t>(capacity_ * target_size_));
    loss_.push_back(keep(new SquaredErrorLoss(target_size_, factor, tensor(x).values, batch_targets_.data(),
                                              losses_.data(), tensor(x).gradient)));
    result_ = x;
}

void Program::result(int x) {
    result_ = x;
}

void Program::sgd(std::ptrdiff_t count, float* value, const float* gradient, float* velocity,
                  const SgdSettings& settings) {
    update_.push_back(keep(new Sgd(count, value, gradient, velocity, settings)));
}

void Program::finish() {
    for (auto emit = backward_emitters_.rbegin(); emit != backward_emitters_.rend(); ++emit) (*emit)();
    backward_emitters_.clear();
    if (!deferred_.empty()) backward_stage({});
    if (!reduce_.empty()) backward_.back().stages.push_back(reduce_);

    forward_.front().stages.insert(forward_.front().stages.begin(), prepare_);
    loss_program_ = forward_;
    if (!loss_.empty()) loss_program_.back().stages.push_back(loss_);
    if (training_) {
        // One parallel region as far as no foreign layer is called.
        step_program_ = loss_program_;
        Segment& last = step_program_.back();
        last.stages.insert(last.stages.end(), backward_.front().stages.begin(),
                           backward_.front().stages.end());
        last.call = backward_.front().call;
        step_program_.insert(step_program_.end(), backward_.begin() + 1, backward_.end());
    }
    if (result_ < 0) single_.reset();
    if (result_ >= 0) {
        if (single_) single_->result(result_);
        result_rows_ = floats(capacity_ * tensor(result_).features());
        const Stage rows{
            keep(new FromLanes(tensor(result_).features(), tensor(result_).values, result_rows_))};
        forward_.back().stages.push_back(rows);
        loss_program_.back().stages.push_back(rows);
    }
    forward_program_ = std::move(forward_);
}

void Program::bind(const std::uint8_t* bytes, const float* floats_array, const std::int64_t* labels,
                   const float* targets) {
    source_.bytes = bytes;
    source_.floats = floats_array;
    labels_ = labels;
    targets_ = targets;
}

bool Program::run_segments(const std::vector<Segment>& segments, const Context& context, int threads,
                           const std::function<bool()>& should_stop) {
    for (const Segment& segment : segments) {
        if (!runner_.run(segment.stages, context, threads, should_stop)) return false;
        if (segment.call && !segment.call(context)) return false;
    }
    return true;
}

void Program::copy_targets(const std::int64_t* indices, std::int64_t first, std::ptrdiff_t count) {
    for (std::ptrdiff_t n = 0; n < count; ++n) {
        const std::int64_t image = indices ? indices[n] : first + n;
        if (labels_ && !batch_labels_.empty()) {
            // Checked on the copy: the array is its owner's, who may write to it at any time.
            const std::int64_t label = batch_labels_[static_cast<std::size_t>(n)] = labels_[image];
            if (label < 0 || label >= classes_) {
                throw std::invalid_argument("targets: expected 0 to " + std::to_string(classes_ - 1) +
                                            ", got " + std::to_string(label) + " for sample " +
                                            std::to_string(image));
            }
        }
        if (targets_) {
            std::copy_n(targets_ + image * target_size_, target_size_,
                        batch_targets_.data() + n * target_size_);
        }
    }
}

void Program::add_losses(std::ptrdiff_t count, RunResult& result) const {
    for (std::ptrdiff_t n = 0; n < count; ++n) {
        result.loss += losses_[static_cast<std::size_t>(n)];
        result.correct += correct_[static_cast<std::size_t>(n)];
    }
}

RunResult Program::step(const std::int64_t* indices, std::ptrdiff_t count, Context context, int threads,
                        const std::function<bool()>& should_stop, float* sample_losses) {
    RunResult result;
    context.loss_scale = 1.0f / static_cast<float>(count);
    for (std::ptrdiff_t begin = 0; begin < count; begin += capacity_) {
        context.samples = std::min(capacity_, count - begin);
        context.first_sample = begin;
        context.accumulate_gradients = begin > 0;
        source_.indices = indices + begin;
        copy_targets(indices + begin, 0, context.samples);
        if (!run_segments(step_program_, context, threads, should_stop)) {
            result.outcome = Outcome::kStopped;
            return result;
        }
        add_losses(context.samples, result);
        if (sample_losses) std::copy_n(losses_.data(), context.samples, sample_losses + begin);
    }
    // What follows from a loss that is no number would destroy the weights that gave it.
    if (!std::isfinite(result.loss)) return result;
    // From here on nothing stops: an update is made whole.
    if (!update_.empty()) runner_.run({update_}, context, threads, {});
    return result;
}

RunResult Program::forward(std::int64_t first, const std::int64_t* indices, std::ptrdiff_t count, int threads,
                           const std::function<bool()>& should_stop, bool losses, float* rows) {
    RunResult result;
    if (single_ && rows && !losses && count <= (single_->calls_out() ? 1 : kSingleSamples) &&
        single_->ready()) {
        for (std::ptrdiff_t n = 0; n < count && result.outcome == Outcome::kDone; ++n) {
            source_.indices = indices ? indices + n : nullptr;
            source_.first = first + n;
            if (!single_->run(source_, threads, should_stop, rows + n * result_features()))
                result.outcome = Outcome::kStopped;
        }
        return result;
    }
    Context context;
    for (std::ptrdiff_t begin = 0; begin < count; begin += capacity_) {
        context.samples = std::min(capacity_, count - begin);
        source_.indices = indices ? indices + begin : nullptr;
        source_.first = first + begin;
        if (losses) copy_targets(source_.indices, source_.first, context.samples);
        if (!run_segments(losses ? loss_program_ : forward_program_, context, threads, should_stop)) {
            result.outcome = Outcome::kStopped;
            return result;
        }
        if (losses) add_losses(context.samples, result);
        if (rows)
            std::copy_n(result_rows_, context.samples * result_features(), rows + begin * result_features());
    }
    return result;
}

}  // namespace cnn
