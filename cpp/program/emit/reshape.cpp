#include "program/emit/emit.h"
#include "program/shapes.h"

namespace cnn {

TensorShape check_reshape(const Given& given, Node&) {
    Arguments& a = given.arguments;
    const std::vector<std::int64_t> sizes = a.whole_numbers("shape");
    a.check(sizes.size() == 3, "shape: expected (channels, height, width)");
    const std::ptrdiff_t features = given.x().features();
    std::ptrdiff_t rest = features;
    for (const std::int64_t size : sizes) {
        a.check(size >= 1 && rest % size == 0,
                "shape: " + text_of(Sizes(sizes.begin(), sizes.end())) + misfit(given.x()));
        rest /= size;
    }
    a.check(rest == 1, "shape: " + text_of(Sizes(sizes.begin(), sizes.end())) + misfit(given.x()));
    return {sizes[0], sizes[1], sizes[2]};
}

// The same values in the same order.
void emit_reshape(Emitter& e, const Node& node) {
    e.alias(node.output, e.values(node.input()), e.gradient_for_reader(node.input()));
}

void single_reshape(SingleEmitter& e, const Node& node) {
    const SingleTensor &x = e.layout(node.input()), &y = e.layout(node.output);
    float* planes = e.floats(x.features());
    e.stage(new SingleFlatten(x, planes));
    e.stage(new SingleFromPlanes(planes, y));
}

}  // namespace cnn
