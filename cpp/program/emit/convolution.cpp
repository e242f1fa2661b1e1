#include "kernels/convolution/convolution.h"

#include "kernels/batch_normalization/batch_normalization.h"
#include "kernels/convolution/convolution_gradient.h"
#include "kernels/single/single_convolution.h"
#include "kernels/winograd/single_winograd.h"
#include "kernels/winograd/winograd.h"
#include "program/emit/convolution_parts.h"
#include "program/emit/emit.h"
#include "program/shapes.h"

namespace cnn {
namespace {

std::optional<ConvolutionAlgorithm> algorithm(Arguments& a, const ConvolutionShape& shape) {
    const std::string name = a.optional_text("algorithm", "auto");
    if (name == "auto") return std::nullopt;
    std::string expected = "auto";
    for (const ConvolutionAlgorithm known : kConvolutionAlgorithms) {
        expected += std::string(", ") + name_of(known);
        if (name != name_of(known)) continue;
        a.check(
            known != ConvolutionAlgorithm::kWinograd || winograd_fits(kWinograd4x3, shape),
            "algorithm: winograd is for kernels of 3x3 with stride 1, dilation 1 and one group; use auto");
        return known;
    }
    a.check(false, "algorithm: expected one of " + expected + ", got '" + name + "'");
    return std::nullopt;
}

// That which a layer at once was asked for; none: the one that its shape chooses.
std::optional<ConvolutionAlgorithm> asked_algorithm(const Node& node) {
    if (!node.own.has_value()) return std::nullopt;
    return node.own_as<std::optional<ConvolutionAlgorithm>>();
}

}  // namespace

ConvolutionShape convolution_shape(const TensorShape& x, const TensorShape& y, const SizePair& kernel,
                                   const ConvolutionSteps& steps, std::ptrdiff_t groups) {
    ConvolutionShape shape;
    shape.input_channels = x.channels;
    shape.input_height = x.height;
    shape.input_width = x.width;
    shape.output_channels = y.channels;
    shape.output_height = y.height;
    shape.output_width = y.width;
    shape.kernel_height = kernel.height;
    shape.kernel_width = kernel.width;
    shape.stride_height = steps.stride.height;
    shape.stride_width = steps.stride.width;
    shape.padding_height = steps.padding.height;
    shape.padding_width = steps.padding.width;
    shape.dilation_height = steps.dilation.height;
    shape.dilation_width = steps.dilation.width;
    shape.groups = groups;
    return shape;
}

TensorShape check_convolution_shape(const Given& given, Node& node, std::ptrdiff_t outputs,
                                    const SizePair& kernel, std::ptrdiff_t groups) {
    Arguments& a = given.arguments;
    const TensorShape& x = given.x();
    const SizePair s = a.pair("stride", 1), p = a.pair("padding", 0), d = a.pair("dilation", 1);
    const std::ptrdiff_t rows = x.height + 2 * p.height - d.height * (kernel.height - 1) - 1;
    const std::ptrdiff_t cols = x.width + 2 * p.width - d.width * (kernel.width - 1) - 1;
    a.check(rows >= 0 && cols >= 0, "weight: a kernel of " + sides(kernel.height, kernel.width) + misfit(x));
    const TensorShape y{outputs, rows / s.height + 1, cols / s.width + 1};
    node.convolution = convolution_shape(x, y, kernel, {s, p, d}, groups);
    return y;
}

TensorShape check_convolution(const Given& given, Node& node) {
    Arguments& a = given.arguments;
    const TensorShape& x = given.x();
    const std::ptrdiff_t groups = a.whole("groups");
    a.check(groups >= 1 && x.channels % groups == 0, "groups: expected a divisor of the " +
                                                         std::to_string(x.channels) +
                                                         " input channels, got " + std::to_string(groups));
    const Sizes sizes = a.array("weight", {kAnySize, x.channels / groups, kAnySize, kAnySize}).shape;
    const std::ptrdiff_t outputs = sizes[0], kh = sizes[2], kw = sizes[3];
    a.check(outputs > 0 && outputs % groups == 0 && kh > 0 && kw > 0,
            "weight: shape " + text_of(sizes) + " does not fit " + std::to_string(groups) + " groups");
    const TensorShape y = check_convolution_shape(given, node, outputs, {kh, kw}, groups);
    if (given.at_once) node.own = algorithm(a, node.convolution);
    node.arrays = learned(given, sizes, outputs);
    return y;
}

Op* convolution_weight_gradient(Emitter& e, const ConvolutionShape& shape, ConvolutionAlgorithm algorithm,
                                const float* x, const float* grad_y, float* slots, Stage& first) {
    switch (algorithm) {
        case ConvolutionAlgorithm::kDirect:
            return new ConvolutionWeightGradient(shape, x, grad_y, slots);
        case ConvolutionAlgorithm::kWinograd:
            return new WinogradWeightGradient(shape, x, grad_y, slots);
        default: {
            float* packed = e.lanes(shape.output_size());
            first.push_back(e.keep(new PackSampleMajor(shape, grad_y, packed)));
            return new ConvolutionWeightGradientIm2col(shape, x, packed, slots);
        }
    }
}

namespace {

void weight_gradient(Emitter& e, const Node& node, const float* x, const float* grad_y, Stage& first) {
    const ConvolutionShape& shape = node.convolution;
    const LearnedArrays& arrays = node.arrays;
    const std::ptrdiff_t positions = shape.output_height * shape.output_width;
    float* weight_slots = e.floats(slot_count(e.capacity()) * shape.weight_size());
    const ConvolutionAlgorithm algorithm = asked_algorithm(node).value_or(choose_backward_parameters(shape));
    e.later(convolution_weight_gradient(e, shape, algorithm, x, grad_y, weight_slots, first));
    e.add_slots(shape.weight_size(), weight_slots, arrays.grad_weight);
    if (arrays.grad_bias) e.bias_gradient(shape.output_channels, positions, grad_y, arrays.grad_bias);
}

// With the statistics of evaluation, that do not change during a run.
void normalize(Emitter& e, const Node& node, WinogradGather& convolution) {
    BatchNormalizationArrays a{};
    a.channels = node.convolution.output_channels;
    a.epsilon = node.statistics.epsilon;
    a.running_mean = node.statistics.mean;
    a.running_variance = node.statistics.variance;
    a.mean = e.floats(a.channels);
    a.variance = e.floats(a.channels);
    a.inverse_std = e.floats(a.channels);
    e.prepare(new BatchStatistics(a));
    convolution.normalize({a.mean, a.inverse_std, node.normalization.weight, node.normalization.bias},
                          node.relu);
}

void forward(Emitter& e, const Node& node) {
    const ConvolutionShape& shape = node.convolution;
    const bool normalizes = node.statistics.mean != nullptr;
    const ConvolutionAlgorithm algorithm = asked_algorithm(node).value_or(choose_forward(shape));
    float* packed = e.floats(packed_weight_size(shape, algorithm));
    e.prepare(pack_weights(shape, algorithm, false, node.arrays.weight, packed));
    Op* op = convolution_forward(shape, algorithm, e.values(node.input()), e.values(node.output), packed,
                                 node.arrays.bias, node.relu && !normalizes);
    e.stage(op);
    if (normalizes) normalize(e, node, dynamic_cast<WinogradGather&>(*op));
}

}  // namespace

void emit_convolution(Emitter& e, const Node& node) {
    const int x = node.input(), y = node.output;
    e.make(y, true);
    float* grad_x = e.gradient_for_reader(x);
    if (e.runs_forward()) forward(e, node);
    e.backward([&e, node, x, y, grad_x] {
        e.undo_relu(node);
        Stage first = e.take_deferred();
        if (node.arrays.grad_weight) weight_gradient(e, node, e.values(x), e.gradient(y), first);
        if (grad_x) {
            const ConvolutionShape& s = node.convolution;
            const ConvolutionAlgorithm backward = asked_algorithm(node).value_or(choose_backward_input(s));
            float* packed_back = e.floats(packed_weight_size(s, backward));
            e.prepare(pack_weights(s, backward, true, node.arrays.weight, packed_back));
            first.push_back(
                e.keep(convolution_backward_input(s, backward, e.gradient(y), grad_x, packed_back)));
        }
        e.backward_alone(std::move(first));
    });
}

void single_convolution(SingleEmitter& e, const Node& node) {
    const ConvolutionShape& shape = node.convolution;
    const LearnedArrays& arrays = node.arrays;
    const SingleTensor &x = e.layout(node.input()), &y = e.layout(node.output);
    const SingleNormalization n = normalization_of(node);
    e.watch(n, y.channels);
    e.watch(arrays.weight, shape.weight_size());
    e.watch(arrays.bias, shape.output_channels);
    const std::optional<WinogradForm> form = single_winograd_form(shape);
    if (!form) {
        auto* op = new SingleConvolution(shape, arrays.weight, arrays.bias, n, node.relu, x, y);
        e.stage(op);
        e.packed(op);
        return;
    }
    auto* winograd = new SingleWinograd(shape, *form, arrays.weight, arrays.bias, n, node.relu, x, y);
    e.packed_together(winograd);
    e.stage(winograd->transform_input());
    e.stage(winograd->multiply());
    e.stage(winograd->transform_output());
}

}  // namespace cnn
