// A network lowered once, for one batch size, to operations on buffers of its own; a run of all of it is one
// call.
//
// Built from nodes: input() gives the first tensor, add() takes tensors and gives the next, a loss ends a
// training program, and finish() fuses and emits all. A tensor may have any number of readers. Nothing that a
// program reads or writes besides its own buffers (parameters, gradients, optimizer state, running
// statistics) is changed before the backward pass of a step is complete, but for gradients, which every step
// writes anew.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/gather.h"
#include "kernels/augmentation/augmentation.h"
#include "kernels/augmentation/partners.h"
#include "kernels/loss/described_loss.h"
#include "kernels/update/clip.h"
#include "kernels/update/penalty.h"
#include "kernels/update/update.h"
#include "program/arguments.h"
#include "program/emit/emit.h"
#include "program/emitter.h"
#include "program/graph.h"
#include "program/single_program.h"
#include "runtime/runner.h"

namespace cnn {

enum class Outcome { kDone, kStopped };

// An operation as it is shown to people.
struct Operation {
    std::string name;  // of its class, or "call"
    int tensor;        // of the node that it works for, see Emitter::maker
    std::ptrdiff_t tasks;
    std::size_t scratch_bytes;  // of each thread
};

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
    // A training program changes its images, afresh in each epoch.
    void augment(const AugmentationSettings& settings) {
        augments_ = true;
        augmentation_ = settings;
    }
    // A node of this kind (see shapes.h); returns the tensor that it gives. Throws std::invalid_argument.
    int add(const std::string& kind, const std::vector<int>& inputs, Arguments& arguments);

    // The loss of a training or an evaluating program. through_softmax: x holds scores, not
    // log-probabilities. outputs() then gives log-probabilities, or the values of x.
    void nll(int x, bool through_softmax);
    void squared_error(int x, float factor);
    // One with settings; its weights have the size of x.
    void described_loss(int x, const LossForm& form);
    // Of a training program, computed by a call: see LossCall.
    void called_loss(int x, LossCall call);
    // The gradient is that of the sum of the samples' losses; else of their mean.
    void sum_over_samples() { mean_over_samples_ = false; }
    // What outputs() gives: the values of x.
    void result(int x);
    // Runs when all gradients of a step are there.
    void update(std::unique_ptr<Update> op);
    // Runs after all updates of a step that asks for averages, or by take_averages() after updates that are
    // made elsewhere.
    void average(std::unique_ptr<Update> op) { averages_.push_back(emitter_.keep(op.release())); }
    // Run before the updates, on the gradients that they were given; the penalty first.
    void penalty(L1Penalty penalty) { penalty_ = std::move(penalty); }
    void clip(GradientClip clip) { clip_ = std::move(clip); }
    void finish();

    // Samples to read; a null `labels` or `targets` where there is none.
    void bind(const std::uint8_t* bytes, const float* floats, const std::int64_t* labels,
              const float* targets);

    // What the changes of images take from those that are bound, and those of them that may be mixed in.
    void bind_augmentation(AugmentationSource source, Partners partners);

    // The backward pass and the update follow the forward pass in step(), and nothing in forward(). Batches
    // of more than kMicroBatch samples run in parts unless a layer couples samples.
    // `sample_losses`: null, or (count,) for the loss of each sample before the update.
    RunResult step(const std::int64_t* indices, std::ptrdiff_t count, Context context, int threads,
                   const std::function<bool()>& should_stop, float* sample_losses, bool averages = false);
    void take_averages(const Context& context, int threads);
    // `rows`: null, or (count, result features) for the result. With `losses`, labels or targets must be
    // bound. Both throw std::invalid_argument where a label is no class, before anything has changed.
    RunResult forward(std::int64_t first, const std::int64_t* indices, std::ptrdiff_t count, int threads,
                      const std::function<bool()>& should_stop, bool losses, float* rows);

    std::ptrdiff_t batch_size() const { return batch_size_; }
    int tensor_count() const { return static_cast<int>(graph_.tensors.size()); }
    const TensorShape& shape(int x) const { return graph_.shape(x); }
    std::ptrdiff_t result_features() const { return result_ < 0 ? 0 : graph_.shape(result_).features(); }
    // Of a step, or in evaluation of a forward pass: its stages in order, a call of Python as a stage of its
    // own.
    std::vector<std::vector<Operation>> stages() const;
    std::size_t bytes() const { return emitter_.bytes() + (single_ ? single_->bytes() : 0); }

  private:
    enum class Loss { kNone, kCrossEntropy, kNll, kSquaredError, kDescribed, kCalled };

    void lower();
    void lower_for_singles(bool through_softmax);
    const float* emit_loss();
    bool run_segments(const std::vector<Segment>& segments, const Context& context, int threads,
                      const std::function<bool()>& should_stop);
    void copy_targets(const std::int64_t* indices, std::int64_t first, std::ptrdiff_t count,
                      std::int64_t* labels, float* targets);
    bool mixes() const { return augments_ && augmentation_.mixup > 0.0; }
    double weight_of(std::int64_t image) const;
    void add_losses(std::ptrdiff_t count, RunResult& result) const;
    void scale_losses(Context& context, const std::int64_t* indices, std::int64_t first,
                      std::ptrdiff_t count) const;

    std::ptrdiff_t batch_size_, capacity_;
    bool training_, frozen_;
    Graph graph_;
    Loss loss_ = Loss::kNone;
    int loss_input_ = -1;
    float loss_factor_ = 0.0f;
    LossForm loss_form_;
    LossCall loss_call_;
    bool mean_over_samples_ = true;
    int result_ = -1;
    Emitter emitter_;
    std::vector<std::unique_ptr<Op>> updates_;
    Stage averages_;
    L1Penalty penalty_;
    GradientClip clip_;
    Stage loss_stage_;  // after the forward pass, where losses are wanted
    Segment called_;    // after a called loss: the call, then the stage that spreads its gradient
    std::vector<Segment> step_program_, forward_program_, loss_program_;

    bool augments_ = false;
    AugmentationSettings augmentation_;
    AugmentationSource augmentation_source_;
    // Of a mixup: of all samples of a step, then of those of a run.
    Partners partners_;
    std::vector<std::int64_t> partner_labels_;
    std::vector<float> run_shares_, partner_targets_, partner_losses_;
    std::vector<std::uint8_t> partner_correct_;
    LossArrays partner_arrays_{};

    GatherSource source_;
    std::vector<float> table_;
    const std::int64_t* labels_ = nullptr;
    const float* targets_ = nullptr;
    std::ptrdiff_t target_size_ = 0, classes_ = 0;
    std::vector<std::int64_t> batch_labels_;
    std::vector<float> batch_targets_;
    std::vector<float> losses_;
    std::vector<std::uint8_t> correct_;
    float* result_rows_ = nullptr;
    Runner runner_;
    std::unique_ptr<SingleProgram> single_;  // for a few samples; null in training and where a node has none
};

}  // namespace cnn
