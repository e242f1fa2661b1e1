// What described_loss.cpp asks of the bodies in value_loss.simd.cpp; one block [size][16].
#pragma once

#include <cstddef>

#include "simd/instruction_set.h"

namespace cnn {

// f(x, t) of one value and its target; `alpha` is the setting of those that have one.
enum class ValueFunction {
    kSquare,        // (x - t)^2
    kAbsolute,      // |x - t|
    kSmoothL1,      // (x - t)^2 / (2 alpha) where |x - t| < alpha, else |x - t| - alpha / 2; alpha > 0
    kHuber,         // (x - t)^2 / 2 where |x - t| <= alpha, else alpha (|x - t| - alpha / 2)
    kHinge,         // max(0, alpha - t x)
    kSoftMargin,    // log(1 + exp(-t x))
    kBce,           // -(t max(log x, -100) + (1 - t) max(log(1 - x), -100))
    kBceLogits,     // (1 - t) softplus(x) + p t softplus(-x), p the weight of positives
    kKlDivergence,  // t (log t - x), 0 where t is 0
    kKlOfLogs,      // exp(t) (t - x)
};

// `weight`, `positive`: for each of the size values, or null: 1. `slopes` may be null.
struct ValueLossArrays {
    const float* x;
    const float* targets;
    const float* weight;
    const float* positive;
    float* sums;    // [16], of f over the values, times `factor`
    float* slopes;  // [size][16], df/dx times `factor` times `scale`
};

struct ValueLossBody {
    void (*values)(ValueFunction function, const ValueLossArrays& arrays, std::ptrdiff_t size, float alpha,
                   float factor, float scale);
    // sums = factor * sum over c != label of max(0, margin - x[label] + x[c])^power, power 1 or 2.
    // `labels`, `factors`: [16], a label of -1 for a lane without a sample.
    void (*margins)(const ValueLossArrays& arrays, const float* labels, const float* factors,
                    std::ptrdiff_t classes, float margin, int power, float scale);
    // x: log-probabilities y. A sample pays share[c] of each -y[c]: smoothing / classes * weight[c], and at
    // its label (1 - smoothing) * weight[label] more; what is paid with a share of 0 is 0. A label of -1 pays
    // nothing. `through_softmax`: the slopes are those of scores before the log-softmax.
    void (*log_shares)(const ValueLossArrays& arrays, const float* labels, const float* factors,
                       std::ptrdiff_t classes, float smoothing, bool through_softmax, float scale);
};

CNN_DECLARE_BODIES(ValueLossBody, value_loss_body)

}  // namespace cnn
