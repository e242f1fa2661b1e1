#include "program/program.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

#include "core/layout.h"
#include "program/emit/emit.h"
#include "program/fuse.h"
#include "program/shapes.h"

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
      training_(training),
      frozen_(frozen),
      emitter_(capacity_, Passes::of_program(training)) {
    losses_.resize(static_cast<std::size_t>(capacity_));
    correct_.resize(static_cast<std::size_t>(capacity_));
}

int Program::input(std::ptrdiff_t channels, std::ptrdiff_t height, std::ptrdiff_t width,
                   std::vector<float> table) {
    table_ = std::move(table);
    return graph_.tensor({channels, height, width});
}

int Program::add(const std::string& kind, const std::vector<int>& inputs, Arguments& arguments) {
    std::vector<TensorShape> shapes;
    Given given{shapes, arguments};
    given.training = given.gradients = training_;
    for (const int x : inputs) {
        shapes.push_back(graph_.shape(x));
        given.makers.push_back(graph_.maker(x));
    }
    CheckedNode checked = check_node(kind, given);
    if (checked.node.does_nothing) return inputs.front();
    checked.node.inputs = inputs;
    if (checked.node.kind == Kind::kMaxUnpooling) {
        // It reads the places, and no values.
        checked.node.pooled = inputs.back();
        checked.node.inputs = {inputs.front()};
        graph_.maker(inputs.back())->keeps_places = true;
    }
    return graph_.append(std::move(checked.node), checked.output);
}

void Program::nll(int x, bool through_softmax) {
    loss_ = through_softmax ? Loss::kCrossEntropy : Loss::kNll;
    loss_input_ = x;
    graph_.read(x);
    classes_ = graph_.shape(x).features();
    batch_labels_.resize(static_cast<std::size_t>(capacity_));
}

void Program::squared_error(int x, float factor) {
    loss_ = Loss::kSquaredError;
    loss_input_ = x;
    loss_factor_ = factor;
    graph_.read(x);
    target_size_ = graph_.shape(x).features();
    batch_targets_.resize(static_cast<std::size_t>(capacity_ * target_size_));
}

void Program::described_loss(int x, const LossForm& form) {
    loss_ = Loss::kDescribed;
    loss_input_ = x;
    loss_form_ = form;
    mean_over_samples_ = form.divisor != LossDivisor::kNothing;
    graph_.read(x);
    const std::ptrdiff_t size = graph_.shape(x).features();
    if (form.of_labels) {
        classes_ = form.classes(size);
        batch_labels_.resize(static_cast<std::size_t>(capacity_));
    } else {
        target_size_ = size;
        batch_targets_.resize(static_cast<std::size_t>(capacity_ * size));
    }
}

void Program::called_loss(int x, LossCall call) {
    loss_ = Loss::kCalled;
    loss_input_ = x;
    loss_call_ = std::move(call);
    graph_.read(x);
}

void Program::result(int x) {
    result_ = x;
    graph_.read(x);
}

void Program::update(std::unique_ptr<Update> op) {
    // Kept until all nodes are emitted: what they update comes first.
    updates_.push_back(std::move(op));
}

// The loss after the forward pass; returns the values of its tensor, log-probabilities of a classifier.
const float* Program::emit_loss() {
    LossArrays arrays{batch_labels_.data(), batch_targets_.data(), losses_.data(), correct_.data()};
    if (mixes()) {
        const auto capacity = static_cast<std::size_t>(capacity_);
        partner_labels_.resize(batch_labels_.size());
        partner_targets_.resize(batch_targets_.size());
        run_shares_.resize(capacity);
        partner_losses_.resize(capacity);
        partner_correct_.resize(capacity);
        partner_arrays_ = {partner_labels_.data(), partner_targets_.data(), partner_losses_.data(),
                           partner_correct_.data()};
        arrays.partner = &partner_arrays_;
        arrays.shares = run_shares_.data();
    }
    if (loss_ == Loss::kCalled)
        return emit_called_loss(emitter_, loss_input_, loss_call_, arrays, loss_stage_, called_);
    if (loss_ == Loss::kDescribed)
        return emit_described_loss(emitter_, loss_input_, loss_form_, arrays, loss_stage_);
    if (loss_ == Loss::kSquaredError)
        return emit_squared_error(emitter_, loss_input_, loss_factor_, arrays, loss_stage_);
    return emit_nll(emitter_, loss_input_, loss_ == Loss::kCrossEntropy, arrays, loss_stage_);
}

// Samples as lanes.
void Program::lower() {
    const std::vector<Node> nodes = fuse(graph_, training_ ? Target::kTraining : Target::kEvaluation);
    std::vector<int> gradient_readers;
    if (loss_ != Loss::kNone) gradient_readers.push_back(loss_input_);
    emitter_.begin(graph_, nodes, gradient_readers);
    const TensorShape& x = graph_.shape(0);
    emitter_.make(0, false);
    if (augments_) {
        emitter_.prepare(new AugmentedGather(augmentation_, {x.channels, x.height, x.width}, &source_,
                                             &augmentation_source_, table_.data(), emitter_.values(0)));
    } else {
        emitter_.prepare(
            new Gather(x.channels, x.height * x.width, &source_, table_.data(), emitter_.values(0)));
    }
    for (const Node& node : nodes) emitter_.emit(node);
    const float* result = loss_ == Loss::kNone ? nullptr : emit_loss();
    if (result_ >= 0) {
        result = emitter_.values(result_);
    } else {
        result_ = loss_input_;
    }
    if (training_) emitter_.emit_backward();
    for (std::unique_ptr<Op>& update : updates_) emitter_.update(update.release());
    updates_.clear();

    std::vector<Segment> forward = emitter_.forward_segments();
    forward.front().stages.insert(forward.front().stages.begin(), emitter_.prepared());
    loss_program_ = forward;
    if (!loss_stage_.empty()) loss_program_.back().stages.push_back(loss_stage_);
    if (training_) {
        // One parallel region as far as no custom layer is called.
        const std::vector<Segment>& backward = emitter_.backward_segments();
        step_program_ = loss_program_;
        if (called_.call) {
            step_program_.back().call = std::exchange(called_.call, {});
            step_program_.push_back(called_);
        }
        Segment& last = step_program_.back();
        last.stages.insert(last.stages.end(), backward.front().stages.begin(), backward.front().stages.end());
        last.call = backward.front().call;
        step_program_.insert(step_program_.end(), backward.begin() + 1, backward.end());
    }
    if (result) {
        const std::ptrdiff_t size = result_features();
        result_rows_ = emitter_.floats(capacity_ * size);
        const Stage rows{emitter_.keep(new FromLanes(size, result, result_rows_))};
        forward.back().stages.push_back(rows);
        loss_program_.back().stages.push_back(rows);
    }
    forward_program_ = std::move(forward);
}

// The same nodes for one sample at a time, if each of them can.
void Program::lower_for_singles(bool through_softmax) {
    Graph graph = graph_;
    int result = result_;
    if (through_softmax) {
        --graph.readers[static_cast<std::size_t>(result)];  // the log-softmax reads what the loss did
        Node node{Kind::kLogSoftmax, {result}};
        result = graph.append(std::move(node), {graph.shape(result).features(), 1, 1});
        graph.read(result);
    }
    const std::vector<Node> nodes = fuse(graph, Target::kSingle);
    if (SingleProgram::can_run(nodes))
        single_ = std::make_unique<SingleProgram>(graph, nodes, table_.data(), result, frozen_);
}

void Program::finish() {
    const bool loss_gives_result = result_ < 0;
    lower();
    const bool is_of_scores = loss_ == Loss::kCrossEntropy ||
                              (loss_ == Loss::kDescribed && loss_form_.family == LossFamily::kCrossShares);
    if (!training_ && result_ >= 0) lower_for_singles(loss_gives_result && is_of_scores);
}

void Program::bind(const std::uint8_t* bytes, const float* floats_array, const std::int64_t* labels,
                   const float* targets) {
    source_.bytes = bytes;
    source_.floats = floats_array;
    labels_ = labels;
    targets_ = targets;
}

void Program::bind_augmentation(AugmentationSource source, Partners partners) {
    augmentation_source_ = std::move(source);
    partners_ = std::move(partners);
}

bool Program::run_segments(const std::vector<Segment>& segments, const Context& context, int threads,
                           const std::function<bool()>& should_stop) {
    for (const Segment& segment : segments) {
        if (!runner_.run(segment.stages, context, threads, should_stop)) return false;
        if (segment.call && !segment.call(context)) return false;
    }
    return true;
}

void Program::copy_targets(const std::int64_t* indices, std::int64_t first, std::ptrdiff_t count,
                           std::int64_t* labels, float* targets) {
    for (std::ptrdiff_t n = 0; n < count; ++n) {
        const std::int64_t image = indices ? indices[n] : first + n;
        if (labels_ && !batch_labels_.empty()) {
            // Checked on the copy: the array is its owner's, who may write to it at any time.
            const std::int64_t label = labels[n] = labels_[image];
            if (label < 0 || label >= classes_) {
                throw std::invalid_argument("targets: expected 0 to " + std::to_string(classes_ - 1) +
                                            ", got " + std::to_string(label) + " for sample " +
                                            std::to_string(image));
            }
        }
        if (targets_) {
            std::copy_n(targets_ + image * target_size_, target_size_, targets + n * target_size_);
        }
    }
}

void Program::add_losses(std::ptrdiff_t count, RunResult& result) const {
    for (std::ptrdiff_t n = 0; n < count; ++n) {
        result.loss += losses_[static_cast<std::size_t>(n)];
        result.correct += correct_[static_cast<std::size_t>(n)];
    }
}

// Of an image's class in the mean of the losses.
double Program::weight_of(std::int64_t image) const {
    const std::int64_t label = labels_[image];
    return label < 0 || label >= classes_ ? 0.0 : loss_form_.weight[static_cast<std::size_t>(label)];
}

// By what the gradients of a batch are multiplied, and the losses of its samples. Of a weighted mean both
// follow from all its labels; a batch without weight has the loss 0.
void Program::scale_losses(Context& context, const std::int64_t* indices, std::int64_t first,
                           std::ptrdiff_t count) const {
    context.loss_scale = mean_over_samples_ ? 1.0f / static_cast<float>(count) : 1.0f;
    if (loss_ != Loss::kDescribed || loss_form_.divisor != LossDivisor::kWeights) return;
    double total = loss_form_.weight.empty() ? static_cast<double>(count) : 0.0;
    for (std::ptrdiff_t n = 0; n < count && !loss_form_.weight.empty(); ++n) {
        const double weight = weight_of(indices ? indices[n] : first + n);
        const auto place = static_cast<std::size_t>(n);
        const double share = mixes() ? static_cast<double>(partners_.shares()[place]) : 1.0;
        total += mixes() ? share * weight + (1.0 - share) * weight_of(partners_.drawn()[place]) : weight;
    }
    const double scale = total > 0.0 ? 1.0 / total : 0.0;
    context.loss_scale = static_cast<float>(scale);
    context.loss_factor = static_cast<float>(scale * static_cast<double>(count));
}

RunResult Program::step(const std::int64_t* indices, std::ptrdiff_t count, Context context, int threads,
                        const std::function<bool()>& should_stop, float* sample_losses, bool averages) {
    RunResult result;
    if (mixes()) partners_.draw(augmentation_.mixup, indices, count, context.seed, context.epoch);
    scale_losses(context, indices, 0, count);
    for (std::ptrdiff_t begin = 0; begin < count; begin += capacity_) {
        context.samples = std::min(capacity_, count - begin);
        context.first_sample = begin;
        context.accumulate_gradients = begin > 0;
        source_.indices = indices + begin;
        copy_targets(indices + begin, 0, context.samples, batch_labels_.data(), batch_targets_.data());
        if (mixes()) {
            const std::int64_t* partners = partners_.drawn().data() + begin;
            copy_targets(partners, 0, context.samples, partner_labels_.data(), partner_targets_.data());
            std::copy_n(partners_.shares().data() + begin, context.samples, run_shares_.data());
            augmentation_source_.partners = partners;
            augmentation_source_.shares = run_shares_.data();
        }
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
    penalty_.run();
    clip_.run();
    if (!emitter_.updates().empty()) runner_.run({emitter_.updates()}, context, threads, {});
    if (averages) take_averages(context, threads);
    return result;
}

void Program::take_averages(const Context& context, int threads) {
    if (!averages_.empty()) runner_.run({averages_}, context, threads, {});
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
    if (losses) scale_losses(context, indices, first, count);
    for (std::ptrdiff_t begin = 0; begin < count; begin += capacity_) {
        context.samples = std::min(capacity_, count - begin);
        source_.indices = indices ? indices + begin : nullptr;
        source_.first = first + begin;
        if (losses)
            copy_targets(source_.indices, source_.first, context.samples, batch_labels_.data(),
                         batch_targets_.data());
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
