#include "kernels/loss/loss.h"

#include "core/layout.h"
#include "kernels/loss/log_softmax.h"
#include "kernels/loss/mixed_loss.h"
#include "program/emit/emit.h"

namespace cnn {
namespace {

// The loss that `make` gives for arrays and the place of its gradient, or of a mixup the sum of two.
template <class Make>
const Op* loss_of(Emitter& e, int x, const LossArrays& arrays, Make make) {
    float* gradient = e.gradient_for_reader(x);
    std::unique_ptr<Op> own(make(arrays, gradient));
    if (arrays.partner == nullptr) return e.keep(own.release());
    const std::ptrdiff_t size = e.features(x);
    float* other = gradient == nullptr ? nullptr : e.lanes(size);
    std::unique_ptr<Op> partner(make(*arrays.partner, other));
    return e.keep(new MixedLoss(std::move(own), std::move(partner), size,
                                {arrays.shares, arrays.losses, arrays.partner->losses, gradient, other}));
}

}  // namespace

const float* emit_nll(Emitter& e, int x, bool through_softmax, const LossArrays& arrays, Stage& loss) {
    const std::ptrdiff_t classes = e.features(x);
    const float* log_probabilities = e.values(x);
    if (through_softmax) {
        float* values = e.lanes(classes);
        e.stage(new LogSoftmaxForward(classes, e.values(x), values));
        log_probabilities = values;
    }
    loss.push_back(loss_of(e, x, arrays, [=](const LossArrays& of, float* gradient) {
        return new NllLoss(classes, log_probabilities, of.labels, of.losses, of.correct, gradient,
                           through_softmax);
    }));
    return log_probabilities;
}

const float* emit_squared_error(Emitter& e, int x, float factor, const LossArrays& arrays, Stage& loss) {
    const std::ptrdiff_t size = e.features(x);
    const float* values = e.values(x);
    loss.push_back(loss_of(e, x, arrays, [=](const LossArrays& of, float* gradient) {
        return new SquaredErrorLoss(size, factor, values, of.targets, of.losses, gradient);
    }));
    return values;
}

const float* emit_described_loss(Emitter& e, int x, const LossForm& form, const LossArrays& arrays,
                                 Stage& loss) {
    const std::ptrdiff_t size = e.features(x);
    const float* values = e.values(x);
    if (form.family == LossFamily::kCrossShares) {
        float* log_probabilities = e.lanes(size);
        e.stage(new LogSoftmaxForward(size, values, log_probabilities));
        values = log_probabilities;
    }
    loss.push_back(loss_of(e, x, arrays, [&, values](const LossArrays& of, float* gradient) {
        return new DescribedLoss(form, size,
                                 {values, of.labels, of.targets, of.losses, of.correct, gradient});
    }));
    return values;
}

const float* emit_called_loss(Emitter& e, int x, const LossCall& call, const LossArrays& arrays, Stage& loss,
                              Segment& called) {
    const std::ptrdiff_t size = e.features(x);
    float* rows = e.floats(e.capacity() * size);
    float* gradient_rows = e.floats(e.capacity() * size);
    loss.push_back(e.keep(new FromLanes(size, e.values(x), rows)));
    called.call = [=, losses = arrays.losses, correct = arrays.correct](const Context& context) {
        return call(context.samples, rows, losses, correct, gradient_rows);
    };
    if (float* gradient = e.gradient_for_reader(x))
        called.stages.push_back({e.keep(new ToLanes(size, gradient_rows, gradient))});
    return e.values(x);
}

}  // namespace cnn
