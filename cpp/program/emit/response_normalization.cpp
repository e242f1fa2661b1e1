#include "kernels/response_normalization/response_normalization.h"

#include "program/emit/emit.h"
#include "program/shapes.h"

namespace cnn {

TensorShape check_response_normalization(const Given& given, Node& node) {
    Arguments& a = given.arguments;
    const TensorShape& x = given.x();
    const std::int64_t size = a.whole("size");
    a.check(size >= 1, "size: expected at least 1, got " + std::to_string(size));
    a.check(x.features() > 0, "input: expected at least one value");
    node.own = ResponseSettings{size, static_cast<float>(a.number("alpha")),
                                static_cast<float>(a.number("beta")), static_cast<float>(a.number("k"))};
    return x;
}

void emit_response_normalization(Emitter& e, const Node& node) {
    const int x = node.input(), y = node.output;
    const std::ptrdiff_t channels = e.shape(x).channels, positions = e.shape(x).height * e.shape(x).width;
    const ResponseSettings settings = node.own_as<ResponseSettings>();
    e.unlearned(
        node,
        [&] { return new ResponseNormalization(settings, channels, positions, e.values(x), e.values(y)); },
        [=, &e](float* grad_x) {
            return new ResponseNormalizationBackward(settings, channels, positions, e.values(x),
                                                     e.gradient(y), grad_x);
        });
}

}  // namespace cnn
