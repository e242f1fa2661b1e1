#include "kernels/loss/loss.h"

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

}  // namespace cnn
