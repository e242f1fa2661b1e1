#include "kernels/gains/gains.h"
#include "program/emit/emit.h"
#include "program/shapes.h"

namespace cnn {
namespace {

struct Gain {
    GainKind kind;
    GainPattern pattern;
};

GainKind kind_named(Arguments& a) {
    const std::string function = a.text("function");
    if (function == "offset") return GainKind::kOffset;
    if (function == "factor") return GainKind::kFactor;
    a.check(function == "slope", "function: expected offset, factor or slope, got '" + function + "'");
    return GainKind::kSlope;
}

}  // namespace

TensorShape check_gain(const Given& given, Node& node) {
    Arguments& a = given.arguments;
    const TensorShape& x = given.x();
    const GainKind kind = kind_named(a);
    const std::vector<std::int64_t> sizes = a.whole_numbers("sizes");
    a.check(sizes.size() == 3, "sizes: expected (channels, height, width)");
    const std::array<std::ptrdiff_t, 3> of_x{x.channels, x.height, x.width};
    std::array<std::ptrdiff_t, 3> numbers{};
    for (std::size_t i = 0; i < 3; ++i) {
        a.check(sizes[i] == 1 || sizes[i] == of_x[i], "sizes: (" + std::to_string(sizes[0]) + ", " +
                                                          std::to_string(sizes[1]) + ", " +
                                                          std::to_string(sizes[2]) + ")" + misfit(x));
        numbers[i] = sizes[i];
    }
    node.own = Gain{kind, GainPattern(of_x, numbers)};
    const Sizes shape{numbers[0] * numbers[1] * numbers[2]};
    node.arrays.weight = a.array("weight", shape).values;
    float* grad_weight = a.optional_values("grad_weight", shape, given.gradients);
    if (given.gradients) {
        a.check(grad_weight != nullptr, "grad_weight: needed for training");
        node.arrays.grad_weight = grad_weight;
    }
    return x;
}

void emit_gain(Emitter& e, const Node& node) {
    const int x = node.input(), y = node.output;
    const Gain gain = node.own_as<Gain>();
    e.make(y, true);
    float* grad_x = e.gradient_for_reader(x);
    if (e.runs_forward())
        e.stage(new GainForward(gain.kind, gain.pattern, node.arrays.weight, e.values(x), e.values(y)));
    e.backward([&e, gain, arrays = node.arrays, x, y, grad_x] {
        if (grad_x) {
            const float* input = gain.kind == GainKind::kSlope ? e.values(x) : nullptr;
            e.backward_stage({e.keep(
                new GainBackward(gain.kind, gain.pattern, arrays.weight, input, e.gradient(y), grad_x))});
        }
        if (!arrays.grad_weight) return;
        const float* input = gain.kind == GainKind::kOffset ? nullptr : e.values(x);
        const std::ptrdiff_t count = gain.pattern.numbers();
        float* slots = e.floats(slot_count(e.capacity()) * count);
        e.later(new GainWeightGradient(gain.kind, gain.pattern, input, e.gradient(y), slots));
        e.add_slots(count, slots, arrays.grad_weight);
    });
}

}  // namespace cnn
