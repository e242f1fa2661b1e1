// Each rule is a struct of its name, the names of its states and settings, and its formula; the list is at
// the end. A new rule is a struct and a row of that list, and nothing more: Python finds it by its name.
//
// `p` is the parameter before the step, `g` its gradient; the formula returns the parameter after it.
// The states `s` are read and written; they start at 0 unless the optimizer says otherwise. Settings are
// floats: what depends on the number of the step, or is 1 minus another setting, is computed in double
// precision by the optimizer.
#include "kernels/update/update_rules.h"

#include "simd/functions.h"
#include "simd/partial.h"

namespace cnn {
namespace CNN_ISA {
namespace {

// The states of some elements. `Kept`: a bit for each one that is in use, known to the compiler, which leaves
// out what the others would cost.
template <unsigned Kept>
struct States {
    Native value[kMostStates];
    CNN_INLINE Native& operator[](int state) { return value[state]; }
    static CNN_INLINE constexpr bool has(int state) { return (Kept >> state & 1u) != 0; }
};

// 1, -1 or 0; that of NaN is NaN.
CNN_INLINE Native sign_of(Native x) {
    const Native one = broadcast_native(1.0f);
    return select_native(x > Native{}, one, select_native(x < Native{}, -one, x));
}

// d = g + weight_decay * p; v = momentum * v + (1 - dampening) * d; d = nesterov ? d + momentum * v : v;
// p = p - rate * d (Polyak 1964; Nesterov 1983 in the form of Sutskever et al. 2013; dampening is
// Torch7's). Without a velocity, d is used as it is.
struct Sgd {
    static constexpr const char* kName = "sgd";
    static constexpr const char* kStates = "velocity";
    static constexpr const char* kSettings = "rate momentum dampening nesterov weight_decay";
    enum { kVelocity };
    enum { kRate, kMomentum, kDampening, kNesterov, kWeightDecay };

    template <class States>
    static CNN_INLINE Native step(Native p, Native g, States& s, const float* k) {
        Native d = g;
        if (k[kWeightDecay] != 0.0f) d += k[kWeightDecay] * p;
        if (s.has(kVelocity)) {
            s[kVelocity] = k[kMomentum] * s[kVelocity] + (1.0f - k[kDampening]) * d;
            d = k[kNesterov] != 0.0f ? d + k[kMomentum] * s[kVelocity] : s[kVelocity];
        }
        return p - k[kRate] * d;
    }
};

// Kingma & Ba 2015, algorithm 1, with new_mean = 1 - beta1, kept_square = beta2, new_square = 1 - beta2, and
// their correction for the zeros at the start in rate and root_of_correction; largest: Reddi, Kale & Kumar
// 2018 (AMSGrad). kept_weight is 1, or less for decay that the gradient does not see: Loshchilov & Hutter
// 2019 (AdamW).
struct Adam {
    static constexpr const char* kName = "adam";
    static constexpr const char* kStates = "mean square largest";
    static constexpr const char* kSettings =
        "rate new_mean kept_square new_square root_of_correction eps weight_decay kept_weight";
    enum { kMean, kSquare, kLargest };
    enum { kRate, kNewMean, kKeptSquare, kNewSquare, kRoot, kEps, kWeightDecay, kKeptWeight };

    template <class States>
    static CNN_INLINE Native step(Native p, Native g, States& s, const float* k) {
        const Native d = g + k[kWeightDecay] * p;
        s[kMean] = s[kMean] + k[kNewMean] * (d - s[kMean]);
        s[kSquare] = k[kKeptSquare] * s[kSquare] + k[kNewSquare] * (d * d);
        Native square = s[kSquare];
        if (s.has(kLargest)) square = s[kLargest] = select_native(square < s[kLargest], s[kLargest], square);
        return k[kKeptWeight] * p - k[kRate] * (s[kMean] / (sqrt_native(square) / k[kRoot] + k[kEps]));
    }
};

// Duchi, Hazan & Singer 2011: sum of all squares, never less.
struct Adagrad {
    static constexpr const char* kName = "adagrad";
    static constexpr const char* kStates = "sum";
    static constexpr const char* kSettings = "rate eps weight_decay";
    enum { kSum };
    enum { kRate, kEps, kWeightDecay };

    template <class States>
    static CNN_INLINE Native step(Native p, Native g, States& s, const float* k) {
        const Native d = g + k[kWeightDecay] * p;
        s[kSum] = s[kSum] + d * d;
        return p - k[kRate] * (d / (sqrt_native(s[kSum]) + k[kEps]));
    }
};

// Zeiler 2012, algorithm 1, with a rate: steps have the units of the parameter.
struct Adadelta {
    static constexpr const char* kName = "adadelta";
    static constexpr const char* kStates = "square step_square";
    static constexpr const char* kSettings = "rate kept new eps weight_decay";
    enum { kSquare, kStepSquare };
    enum { kRate, kKept, kNew, kEps, kWeightDecay };

    template <class States>
    static CNN_INLINE Native step(Native p, Native g, States& s, const float* k) {
        const Native d = g + k[kWeightDecay] * p;
        s[kSquare] = k[kKept] * s[kSquare] + k[kNew] * (d * d);
        const Native delta = sqrt_native(s[kStepSquare] + k[kEps]) / sqrt_native(s[kSquare] + k[kEps]) * d;
        s[kStepSquare] = k[kKept] * s[kStepSquare] + k[kNew] * (delta * delta);
        return p - k[kRate] * delta;
    }
};

// Tieleman & Hinton 2012; with `mean` centred (Graves 2013), with `velocity` momentum after the division. A
// variance that rounding makes negative is 0.
struct RmsProp {
    static constexpr const char* kName = "rmsprop";
    static constexpr const char* kStates = "square mean velocity";
    static constexpr const char* kSettings = "rate kept new eps momentum weight_decay";
    enum { kSquare, kMean, kVelocity };
    enum { kRate, kKept, kNew, kEps, kMomentum, kWeightDecay };

    template <class States>
    static CNN_INLINE Native step(Native p, Native g, States& s, const float* k) {
        const Native d = g + k[kWeightDecay] * p;
        Native square = s[kSquare] = k[kKept] * s[kSquare] + k[kNew] * (d * d);
        if (s.has(kMean)) {
            s[kMean] = s[kMean] + k[kNew] * (d - s[kMean]);
            square = square - s[kMean] * s[kMean];
            square = select_native(square < Native{}, Native{}, square);
        }
        Native delta = d / (sqrt_native(square) + k[kEps]);
        if (s.has(kVelocity)) delta = s[kVelocity] = k[kMomentum] * s[kVelocity] + delta;
        return p - k[kRate] * delta;
    }
};

// Kingma & Ba 2015, algorithm 2, with eps within the maximum; `rate` holds the correction of the mean.
struct Adamax {
    static constexpr const char* kName = "adamax";
    static constexpr const char* kStates = "mean norm";
    static constexpr const char* kSettings = "rate new_mean kept_norm eps weight_decay";
    enum { kMean, kNorm };
    enum { kRate, kNewMean, kKeptNorm, kEps, kWeightDecay };

    template <class States>
    static CNN_INLINE Native step(Native p, Native g, States& s, const float* k) {
        const Native d = g + k[kWeightDecay] * p;
        s[kMean] = s[kMean] + k[kNewMean] * (d - s[kMean]);
        const Native size = select_native(d < Native{}, -d, d) + k[kEps], kept = k[kKeptNorm] * s[kNorm];
        s[kNorm] = select_native(size < kept, kept, size);
        return p - k[kRate] * (s[kMean] / s[kNorm]);
    }
};

// Dozat 2016: Adam whose mean looks ahead, by a rate for the gradient and one for the mean.
struct NAdam {
    static constexpr const char* kName = "nadam";
    static constexpr const char* kStates = "mean square";
    static constexpr const char* kSettings =
        "gradient_rate mean_rate new_mean kept_square new_square root_of_correction eps weight_decay "
        "kept_weight";
    enum { kMean, kSquare };
    enum {
        kGradientRate,
        kMeanRate,
        kNewMean,
        kKeptSquare,
        kNewSquare,
        kRoot,
        kEps,
        kWeightDecay,
        kKeptWeight
    };

    template <class States>
    static CNN_INLINE Native step(Native p, Native g, States& s, const float* k) {
        const Native d = g + k[kWeightDecay] * p;
        s[kMean] = s[kMean] + k[kNewMean] * (d - s[kMean]);
        s[kSquare] = k[kKeptSquare] * s[kSquare] + k[kNewSquare] * (d * d);
        const Native root = sqrt_native(s[kSquare]) / k[kRoot] + k[kEps];
        return k[kKeptWeight] * p - (k[kGradientRate] * d + k[kMeanRate] * s[kMean]) / root;
    }
};

// Liu et al. 2020, algorithm 2: Adam while its variance can be told, and before that steps of the mean alone;
// `is_adaptive` is 1 or 0, the corrections and the rectification are in `rate`.
struct RAdam {
    static constexpr const char* kName = "radam";
    static constexpr const char* kStates = "mean square";
    static constexpr const char* kSettings =
        "rate is_adaptive new_mean kept_square new_square eps weight_decay kept_weight";
    enum { kMean, kSquare };
    enum { kRate, kIsAdaptive, kNewMean, kKeptSquare, kNewSquare, kEps, kWeightDecay, kKeptWeight };

    template <class States>
    static CNN_INLINE Native step(Native p, Native g, States& s, const float* k) {
        const Native d = g + k[kWeightDecay] * p;
        s[kMean] = s[kMean] + k[kNewMean] * (d - s[kMean]);
        s[kSquare] = k[kKeptSquare] * s[kSquare] + k[kNewSquare] * (d * d);
        Native delta = s[kMean];
        if (k[kIsAdaptive] != 0.0f) delta = delta / (sqrt_native(s[kSquare]) + k[kEps]);
        return k[kKeptWeight] * p - k[kRate] * delta;
    }
};

// Chen et al. 2023, algorithm 2: the sign of the mean with more of the newest gradient.
struct Lion {
    static constexpr const char* kName = "lion";
    static constexpr const char* kStates = "mean";
    static constexpr const char* kSettings = "rate kept new kept_mean new_mean kept_weight";
    enum { kMean };
    enum { kRate, kKept, kNew, kKeptMean, kNewMean, kKeptWeight };

    template <class States>
    static CNN_INLINE Native step(Native p, Native g, States& s, const float* k) {
        const Native sign = sign_of(k[kKept] * s[kMean] + k[kNew] * g);
        s[kMean] = k[kKeptMean] * s[kMean] + k[kNewMean] * g;
        return k[kKeptWeight] * p - k[kRate] * sign;
    }
};

// Riedmiller & Braun 1993 in the form without weight backtracking (Riedmiller 1994): only the sign of a
// gradient counts. A step grows while the sign stays, shrinks where it turned, and there the weight waits
// once. `previous` is the gradient, or 0 after such a wait; signs are compared, because a product of small
// gradients is 0.
struct Rprop {
    static constexpr const char* kName = "rprop";
    static constexpr const char* kStates = "previous step_size";
    static constexpr const char* kSettings = "shrink grow least most weight_decay";
    enum { kPrevious, kStepSize };
    enum { kShrink, kGrow, kLeast, kMost, kWeightDecay };

    template <class States>
    static CNN_INLINE Native step(Native p, Native g, States& s, const float* k) {
        const Native zero{}, one = broadcast_native(1.0f), least = broadcast_native(k[kLeast]),
                             most = broadcast_native(k[kMost]);
        const Native d = g + k[kWeightDecay] * p, agree = sign_of(d) * sign_of(s[kPrevious]);
        const Native shrunk = select_native(agree < zero, broadcast_native(k[kShrink]), one + agree);
        const Native size = s[kStepSize] * select_native(agree > zero, broadcast_native(k[kGrow]), shrunk);
        s[kStepSize] = select_native(size < least, least, select_native(size > most, most, size));
        s[kPrevious] = select_native(agree < zero, zero, d);
        return p - s[kStepSize] * sign_of(s[kPrevious]);
    }
};

// Polyak & Juditsky 1992 as Bottou's `asgd` has it: gradient descent with a falling rate and decay, and the
// mean of where it was. `share` is 1 before averaging begins, and then 1 / number of steps averaged.
struct Asgd {
    static constexpr const char* kName = "asgd";
    static constexpr const char* kStates = "average";
    static constexpr const char* kSettings = "rate kept_weight share weight_decay";
    enum { kAverage };
    enum { kRate, kKeptWeight, kShare, kWeightDecay };

    template <class States>
    static CNN_INLINE Native step(Native p, Native g, States& s, const float* k) {
        const Native d = g + k[kWeightDecay] * p, after = k[kKeptWeight] * p - k[kRate] * d;
        s[kAverage] = k[kShare] == 1.0f ? after : s[kAverage] + k[kShare] * (after - s[kAverage]);
        return after;
    }
};

// No optimizer, but what follows one: `p` is the running average of an array, `g` what that array is now.
// p = p + share * (g - p); a share of 1 takes it over, bit for bit.
struct Average {
    static constexpr const char* kName = "average";
    static constexpr const char* kStates = "";
    static constexpr const char* kSettings = "share";
    enum { kShare };

    template <class States>
    static CNN_INLINE Native step(Native p, Native g, States&, const float* k) {
        return k[kShare] == 1.0f ? g : p + k[kShare] * (g - p);
    }
};

// One register of elements, of which `count` are there.
template <class Rule, unsigned Kept>
CNN_INLINE void update(const UpdateArrays& arrays, std::ptrdiff_t at, std::ptrdiff_t count,
                       const float* settings) {
    States<Kept> s{};
    CNN_UNROLL for (int i = 0; i < kMostStates; ++i) {
        if (s.has(i)) s.value[i] = load_some(arrays.states[i] + at, count);
    }
    const Native p = load_some(arrays.parameter + at, count), g = load_some(arrays.gradient + at, count);
    store_some(arrays.parameter + at, Rule::step(p, g, s, settings), count);
    CNN_UNROLL for (int i = 0; i < kMostStates; ++i) {
        if (s.has(i)) store_some(arrays.states[i] + at, s.value[i], count);
    }
}

template <class Rule, unsigned Kept>
void run_kept(const UpdateArrays& arrays, std::ptrdiff_t begin, std::ptrdiff_t end, const float* settings) {
    const UpdateArrays own = arrays;  // which no store can change, as far as the compiler knows
    float k[kMostSettings];
    for (int i = 0; i < kMostSettings; ++i) k[i] = settings[i];
    std::ptrdiff_t at = begin;
    for (; at + kWidth <= end; at += kWidth) update<Rule, Kept>(own, at, kWidth, k);
    if (at < end) update<Rule, Kept>(own, at, end - at, k);
}

constexpr int word_count(const char* text) {
    int count = *text ? 1 : 0;
    for (; *text; ++text) count += *text == ' ' ? 1 : 0;
    return count;
}

template <class Rule, unsigned Kept>
void run_one_of(unsigned kept, const UpdateArrays& arrays, std::ptrdiff_t begin, std::ptrdiff_t end,
                const float* settings) {
    if (kept == Kept) return run_kept<Rule, Kept>(arrays, begin, end, settings);
    if constexpr (Kept > 0) run_one_of<Rule, Kept - 1>(kept, arrays, begin, end, settings);
}

template <class Rule>
void run(const UpdateArrays& arrays, std::ptrdiff_t begin, std::ptrdiff_t end, const float* settings) {
    unsigned kept = 0;
    for (int i = 0; i < kMostStates; ++i) kept |= arrays.states[i] ? 1u << i : 0u;
    run_one_of<Rule, (1u << word_count(Rule::kStates)) - 1>(kept, arrays, begin, end, settings);
}

template <class Rule>
constexpr UpdateRule row() {
    return {Rule::kName, Rule::kStates, Rule::kSettings, run<Rule>};
}

constexpr UpdateRule kRules[] = {
    row<Sgd>(),   row<Adam>(),  row<Adagrad>(), row<Adadelta>(), row<RmsProp>(), row<Adamax>(),
    row<NAdam>(), row<RAdam>(), row<Lion>(),    row<Rprop>(),    row<Asgd>(),    row<Average>(),
};

}  // namespace

extern const UpdateRules update_rules = {kRules, sizeof(kRules) / sizeof(kRules[0])};

}  // namespace CNN_ISA
}  // namespace cnn
