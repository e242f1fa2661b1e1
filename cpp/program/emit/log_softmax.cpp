#include "kernels/loss/log_softmax.h"

#include "program/emit/emit.h"
#include "program/shapes.h"

namespace cnn {

TensorShape check_log_softmax(const Given& given, Node&) {
    given.arguments.check(given.x().features() > 0, "input: expected at least one class");
    return {given.x().features(), 1, 1};
}

void emit_log_softmax(Emitter& e, const Node& node) {
    const int x = node.input(), y = node.output;
    e.unlearned(
        node, [&] { return new LogSoftmaxForward(e.features(x), e.values(x), e.values(y)); },
        [&e, y](float* grad_x) {
            return new LogSoftmaxBackward(e.features(y), e.values(y), e.gradient(y), grad_x);
        });
}

void single_log_softmax(SingleEmitter& e, const Node& node) {
    e.stage(new SingleLogSoftmax(e.layout(node.input()).features(), e.vector_of(node.input()),
                                 e.layout(node.output).values));
}

}  // namespace cnn
