#include "kernels/loss/value_loss_body.h"
#include "simd/functions.h"

namespace cnn {
namespace CNN_ISA {
namespace {

struct Result {
    Lanes value, slope;
};

CNN_INLINE Lanes zero() {
    return broadcast(0.0f);
}

CNN_INLINE Lanes negative(const Lanes& a) {
    return zero() - a;
}

CNN_INLINE Lanes absolute(const Lanes& a) {
    return select(less(a, zero()), negative(a), a);
}

// NaN is neither below nor above, and stays.
CNN_INLINE Lanes clamped(const Lanes& a, const Lanes& bound) {
    const Lanes low = negative(bound);
    return select(greater(a, bound), bound, select(less(a, low), low, a));
}

// log(1 + e) for e > -1, exact to its last digits for small e too (Kahan).
CNN_INLINE Lanes log1p(const Lanes& e) {
    const Lanes one = broadcast(1.0f), u = one + e;
    const Lanes rest = u - one;
    const Lanes wide = select(equal(u, broadcast(__builtin_inff())), u, log(u) * (e / rest));
    return select(equal(u, one), e, wide);
}

// log(1 + exp(x)) without overflow.
CNN_INLINE Lanes softplus(const Lanes& x) {
    return rectify(x) + log1p(exp(negative(absolute(x))));
}

CNN_INLINE Lanes sigmoid(const Lanes& x) {
    const Lanes one = broadcast(1.0f);
    return one / (one + exp(negative(x)));
}

CNN_INLINE Result squares(const Lanes& x, const Lanes& t) {
    const Lanes d = x - t;
    return {d * d, d + d};
}

CNN_INLINE Result absolutes(const Lanes& x, const Lanes& t) {
    const Lanes d = x - t, one = broadcast(1.0f);
    return {absolute(d), select(greater(d, zero()), one, select(less(d, zero()), negative(one), d))};
}

CNN_INLINE Result smooth(const Lanes& x, const Lanes& t, const Lanes& beta) {
    const Lanes d = x - t, a = absolute(d), half = broadcast(0.5f) * beta;
    return {select(less(a, beta), d * d / (beta + beta), a - half), clamped(d / beta, broadcast(1.0f))};
}

CNN_INLINE Result huber(const Lanes& x, const Lanes& t, const Lanes& delta) {
    const Lanes d = x - t, a = absolute(d), half = broadcast(0.5f);
    return {select(less_equal(a, delta), d * d * half, delta * (a - half * delta)), clamped(d, delta)};
}

CNN_INLINE Result hinge(const Lanes& x, const Lanes& t, const Lanes& margin) {
    const Lanes product = t * x, nothing = zero() * x;  // which keeps NaN
    return {rectify(margin - product), select(less_equal(margin, product), nothing, nothing - t)};
}

CNN_INLINE Result soft_margin(const Lanes& x, const Lanes& t) {
    const Lanes z = negative(t * x);
    return {softplus(z), negative(t * sigmoid(z))};
}

CNN_INLINE Lanes cut_off(const Lanes& logarithm) {
    const Lanes least = broadcast(-100.0f);
    return select(less(logarithm, least), least, logarithm);
}

CNN_INLINE Result entropy(const Lanes& x, const Lanes& t) {
    const Lanes one = broadcast(1.0f), least = broadcast(1e-12f);
    const Lanes right = t * cut_off(log(x)), wrong = (one - t) * cut_off(log1p(negative(x)));
    const Lanes spread = x * (one - x);
    return {negative(right + wrong), (x - t) / select(less(spread, least), least, spread)};
}

CNN_INLINE Result entropy_of_scores(const Lanes& x, const Lanes& t, const Lanes& positive) {
    const Lanes off = broadcast(1.0f) - t, on = positive * t, mirrored = negative(x);
    return {off * softplus(x) + on * softplus(mirrored), off * sigmoid(x) - on * sigmoid(mirrored)};
}

CNN_INLINE Result divergence(const Lanes& x, const Lanes& t, bool of_logs) {
    const Lanes nothing = zero() * x;
    if (of_logs) {
        const Lanes p = exp(t);
        return {p * (t - x), nothing - p};
    }
    return {select(equal(t, zero()), zero(), t * log(t)) - t * x, nothing - t};
}

CNN_INLINE Result result(ValueFunction function, const Lanes& x, const Lanes& t, const Lanes& alpha,
                         const Lanes& positive) {
    switch (function) {
        case ValueFunction::kSquare:
            return squares(x, t);
        case ValueFunction::kAbsolute:
            return absolutes(x, t);
        case ValueFunction::kSmoothL1:
            return smooth(x, t, alpha);
        case ValueFunction::kHuber:
            return huber(x, t, alpha);
        case ValueFunction::kHinge:
            return hinge(x, t, alpha);
        case ValueFunction::kSoftMargin:
            return soft_margin(x, t);
        case ValueFunction::kBce:
            return entropy(x, t);
        case ValueFunction::kBceLogits:
            return entropy_of_scores(x, t, positive);
        case ValueFunction::kKlDivergence:
            return divergence(x, t, false);
        case ValueFunction::kKlOfLogs:
            return divergence(x, t, true);
    }
    return {x, x};
}

void values(ValueFunction function, const ValueLossArrays& arrays, std::ptrdiff_t size, float alpha,
            float factor, float scale) {
    const Lanes a = broadcast(alpha), share = broadcast(factor), s = broadcast(scale);
    Lanes total = zero();
    for (std::ptrdiff_t i = 0; i < size; ++i) {
        const Lanes positive = broadcast(arrays.positive ? arrays.positive[i] : 1.0f);
        const Lanes weight = broadcast(arrays.weight ? arrays.weight[i] : 1.0f);
        const Result r =
            result(function, load(arrays.x + i * kLanes), load(arrays.targets + i * kLanes), a, positive);
        total = total + weight * r.value;
        if (arrays.slopes) store(arrays.slopes + i * kLanes, weight * r.slope * share * s);
    }
    store(arrays.sums, total * share);
}

void margins(const ValueLossArrays& arrays, const float* labels, const float* factors, std::ptrdiff_t classes,
             float margin, int power, float scale) {
    const Lanes label = load(labels), factor = load(factors), s = broadcast(scale), one = broadcast(1.0f);
    Lanes right = zero();
    for (std::ptrdiff_t c = 0; c < classes; ++c) {
        const Mask is_label = equal(broadcast(static_cast<float>(c)), label);
        right = select(is_label, load(arrays.x + c * kLanes), right);
    }
    const Lanes limit = broadcast(margin) - right;
    Lanes total = zero(), slopes = zero();
    for (std::ptrdiff_t c = 0; c < classes; ++c) {
        const Mask is_label = equal(broadcast(static_cast<float>(c)), label);
        const Lanes short_by = select(is_label, zero(), rectify(limit + load(arrays.x + c * kLanes)));
        total = total + (power == 1 ? short_by : short_by * short_by);
        if (!arrays.slopes) continue;
        const Lanes slope =
            power == 1 ? select(greater(short_by, zero()), one, zero() * short_by) : short_by + short_by;
        slopes = slopes + slope;
        store(arrays.slopes + c * kLanes, factor * slope * s);
    }
    store(arrays.sums, total * factor);
    for (std::ptrdiff_t c = 0; arrays.slopes && c < classes; ++c) {
        const Mask is_label = equal(broadcast(static_cast<float>(c)), label);
        float* at = arrays.slopes + c * kLanes;
        store(at, select(is_label, negative(factor * slopes * s), load(at)));
    }
}

void log_shares(const ValueLossArrays& arrays, const float* labels, const float* factors,
                std::ptrdiff_t classes, float smoothing, bool through_softmax, float scale) {
    const Lanes label = load(labels), own = broadcast(1.0f - smoothing) * load(factors);
    const Lanes s = broadcast(scale);
    const Mask counts = less_equal(zero(), label);
    const auto share = [&](std::ptrdiff_t c) {
        const float weight = arrays.weight ? arrays.weight[c] : 1.0f;
        const Lanes all = broadcast(smoothing / static_cast<float>(classes) * weight);
        const Mask is_label = equal(broadcast(static_cast<float>(c)), label);
        return select(counts, all, zero()) + select(is_label, own, zero());
    };
    Lanes total = zero(), paid = zero();
    for (std::ptrdiff_t c = 0; c < classes; ++c) {
        const Lanes part = share(c);
        total = total + part;
        paid = paid - select(equal(part, zero()), zero(), part * load(arrays.x + c * kLanes));
    }
    store(arrays.sums, paid);
    for (std::ptrdiff_t c = 0; arrays.slopes && c < classes; ++c) {
        const Lanes part = share(c), y = load(arrays.x + c * kLanes);
        const Lanes slope = through_softmax ? exp(y) * total - part : negative(part);
        store(arrays.slopes + c * kLanes, slope * s);
    }
}

}  // namespace

extern const ValueLossBody value_loss_body = {values, margins, log_shares};

}  // namespace CNN_ISA
}  // namespace cnn
