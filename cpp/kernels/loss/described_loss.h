// Losses with settings: functions of each value and its target, and functions of scores and a label.
// x: [block][size][16]; losses: one for each sample of the run. One task per block.
#pragma once

#include <vector>

#include "core/op.h"
#include "kernels/loss/value_loss_body.h"

namespace cnn {

enum class LossFamily {
    kValues,      // the sum over values of a ValueFunction
    kMargins,     // the hinge loss of several classes
    kLogShares,   // of log-probabilities, with weights of classes or smoothed labels
    kCrossShares  // the same of scores, through a log-softmax
};

// By what the sum over samples is divided.
enum class LossDivisor { kNothing, kSamples, kWeights };

// What a loss is. `alpha`: the setting of a ValueFunction, the margin, or the smoothing of labels.
// `of_labels`: targets are classes; of a function of values the target of a sample is `on` at its class and
// `off` elsewhere, or of one output `on` for class 1, and its answer is class 1 above `threshold`.
// `factor`: of each sample's sum. `weight`: of each value or class, `positive`: see kBceLogits; empty: 1.
struct LossForm {
    LossFamily family = LossFamily::kValues;
    ValueFunction function = ValueFunction::kSquare;
    LossDivisor divisor = LossDivisor::kSamples;
    float alpha = 0.0f, factor = 1.0f;
    int power = 1;
    bool of_labels = false;
    float off = 0.0f, on = 1.0f, threshold = 0.0f;
    std::vector<float> weight, positive;

    // Classes among which a label is one.
    std::ptrdiff_t classes(std::ptrdiff_t size) const {
        return size == 1 && family == LossFamily::kValues ? 2 : size;
    }
};

// losses[n] = the loss of sample n times the context's loss_factor, grad_input = its gradient times
// loss_scale; forward only when grad_input is null. labels are read if of_labels, else targets: (samples,
// size) floats, row-major. correct[n]: whether the largest value, the first of equal ones, is that of the
// label.
class DescribedLoss : public Op {
  public:
    struct Arrays {
        const float* x;
        const std::int64_t* labels;
        const float* targets;
        float* losses;
        std::uint8_t* correct;
        float* grad_input;
    };
    DescribedLoss(const LossForm& form, std::ptrdiff_t size, const Arrays& arrays);
    std::ptrdiff_t tasks(const Context& context) const override { return block_count(context.samples); }
    void run(const Context& context, std::ptrdiff_t block, std::byte* scratch) const override;
    std::size_t scratch_bytes() const override;

  private:
    void fill_targets(std::ptrdiff_t block, std::ptrdiff_t live, float* targets) const;
    std::uint8_t is_right(const float* x, std::ptrdiff_t lane, std::int64_t label) const;

    const ValueLossBody* body_;
    LossForm form_;
    std::ptrdiff_t size_;
    Arrays arrays_;
};

}  // namespace cnn
