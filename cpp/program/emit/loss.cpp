#include "kernels/loss/loss.h"

#include "core/layout.h"
#include "kernels/loss/log_softmax.h"
#include "program/emit/emit.h"

namespace cnn {

const float* emit_nll(Emitter& e, int x, bool through_softmax, const LossArrays& arrays, Stage& loss) {
    const std::ptrdiff_t classes = e.features(x);
    const float* log_probabilities = e.values(x);
    if (through_softmax) {
        float* values = e.lanes(classes);
        e.stage(new LogSoftmaxForward(classes, e.values(x), values));
        log_probabilities = values;
    }
    loss.push_back(e.keep(new NllLoss(classes, log_probabilities, arrays.labels, arrays.losses,
                                      arrays.correct, e.gradient_for_reader(x), through_softmax)));
    return log_probabilities;
}

const float* emit_squared_error(Emitter& e, int x, float factor, const LossArrays& arrays, Stage& loss) {
    loss.push_back(e.keep(new SquaredErrorLoss(e.features(x), factor, e.values(x), arrays.targets,
                                               arrays.losses, e.gradient_for_reader(x))));
    return e.values(x);
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
    loss.push_back(e.keep(new DescribedLoss(
        form, size,
        {values, arrays.labels, arrays.targets, arrays.losses, arrays.correct, e.gradient_for_reader(x)})));
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
