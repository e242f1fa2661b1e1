#include "program/emit/emit.h"
#include "program/shapes.h"

namespace cnn {

TensorShape check_flatten(const Given& given, Node&) {
    return {given.x().features(), 1, 1};
}

// The same values in the same order.
void emit_flatten(Emitter& e, const Node& node) {
    e.alias(node.output, e.values(node.input()), e.gradient_for_reader(node.input()));
}

void single_flatten(SingleEmitter& e, const Node& node) {
    e.stage(new SingleFlatten(e.layout(node.input()), e.layout(node.output).values));
}

}  // namespace cnn
