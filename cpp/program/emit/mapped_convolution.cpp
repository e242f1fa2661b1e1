#include "kernels/convolution/connections.h"
#include "program/emit/convolution_parts.h"
#include "program/emit/emit.h"
#include "program/shapes.h"

namespace cnn {

// A convolution with a table of connections: the full one, whose other weights are 0.
TensorShape check_mapped_convolution(const Given& given, Node& node) {
    Arguments& a = given.arguments;
    const std::ptrdiff_t inputs = given.x().channels, outputs = a.whole("out_channels");
    a.check(outputs >= 1 && outputs <= kMostValues,
            "out_channels: expected at least 1, got " + std::to_string(outputs));
    const std::vector<std::int64_t> table = a.whole_numbers("connections");
    a.check(!table.empty() && table.size() % 2 == 0, "connections: expected pairs (output, input)");
    Connections c;
    for (std::size_t i = 0; i < table.size(); i += 2) {
        const std::int64_t output = table[i], input = table[i + 1];
        a.check(output >= 0 && output < outputs && input >= 0 && input < inputs,
                "connections: (" + std::to_string(output) + ", " + std::to_string(input) + ") is not among " +
                    std::to_string(outputs) + " outputs and " + std::to_string(inputs) + " inputs");
        const std::ptrdiff_t place = output * inputs + input;
        a.check(c.places.empty() || c.places.back() < place,
                "connections: expected in rising order, each once");
        c.places.push_back(place);
    }
    const auto count = static_cast<std::ptrdiff_t>(c.places.size());
    const Sizes sizes = a.array("weight", {count, kAnySize, kAnySize}).shape;
    a.check(sizes[1] > 0 && sizes[2] > 0, "weight: shape " + text_of(sizes) + " has no kernel");
    c.pairs = outputs * inputs;
    c.area = sizes[1] * sizes[2];
    a.check(c.pairs <= kMostValues / c.area, "connections: expected at most 2^31 - 1 weights of all outputs");
    node.own = c;
    node.arrays = learned(given, sizes, outputs);
    return check_convolution_shape(given, node, outputs, {sizes[1], sizes[2]}, 1);
}

void emit_mapped_convolution(Emitter& e, const Node& node) {
    const int x = node.input(), y = node.output;
    const ConvolutionShape& shape = node.convolution;
    e.make(y, true);
    float* grad_x = e.gradient_for_reader(x);
    float* weight = e.floats(shape.weight_size());
    e.prepare(new SpreadConnections(node.own_as<Connections>(), node.arrays.weight, weight));
    if (e.runs_forward()) {
        const ConvolutionAlgorithm algorithm = choose_forward(shape);
        float* packed = e.floats(packed_weight_size(shape, algorithm));
        e.stage(pack_weights(shape, algorithm, false, weight, packed));
        e.stage(
            convolution_forward(shape, algorithm, e.values(x), e.values(y), packed, node.arrays.bias, false));
    }
    e.backward([&e, node, x, y, grad_x, weight] {
        const ConvolutionShape& s = node.convolution;
        const LearnedArrays& arrays = node.arrays;
        Stage first = e.take_deferred(), second;
        if (grad_x) {
            const ConvolutionAlgorithm algorithm = choose_backward_input(s);
            float* packed = e.floats(packed_weight_size(s, algorithm));
            first.push_back(e.keep(pack_weights(s, algorithm, true, weight, packed)));
            second.push_back(e.keep(convolution_backward_input(s, algorithm, e.gradient(y), grad_x, packed)));
        }
        float* slots = nullptr;
        if (arrays.grad_weight) {
            slots = e.floats(slot_count(e.capacity()) * s.weight_size());
            second.push_back(e.keep(convolution_weight_gradient(e, s, choose_backward_parameters(s),
                                                                e.values(x), e.gradient(y), slots, first)));
        }
        e.backward_alone(std::move(first));
        e.backward_alone(std::move(second));
        if (!slots) return;
        const std::ptrdiff_t count = node.own_as<Connections>().weight_size();
        float* picked = e.floats(slot_count(e.capacity()) * count);
        e.later(new PickConnections(node.own_as<Connections>(), slots, picked));
        e.add_slots(count, picked, arrays.grad_weight);
        if (arrays.grad_bias)
            e.bias_gradient(s.output_channels, s.output_height * s.output_width, e.gradient(y),
                            arrays.grad_bias);
    });
}

}  // namespace cnn
