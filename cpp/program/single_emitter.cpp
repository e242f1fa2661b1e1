#include "program/single_emitter.h"

#include <algorithm>

#include "kernels/single/single_convolution.h"
#include "kernels/winograd/single_winograd.h"
#include "program/kinds.h"

namespace cnn {
namespace {

constexpr int kInput = 0;  // the graph's first tensor

bool convolves(const Node& node) {
    return node.kind == Kind::kConvolution || node.kind == Kind::kPooledConvolution;
}

}  // namespace

SingleNormalization normalization_of(const Node& node) {
    const LearnedArrays& arrays = node.kind == Kind::kBatchNormalization ? node.arrays : node.normalization;
    return {node.statistics.mean, node.statistics.variance, arrays.weight, arrays.bias,
            node.statistics.epsilon};
}

SingleEmitter::SingleEmitter(const std::vector<TensorShape>& tensors, bool watches) : watches_(watches) {
    for (const TensorShape& shape : tensors) {
        tensors_.emplace_back();
        SingleTensor& layout = tensors_.back().layout;
        layout.channels = shape.channels;
        layout.height = shape.height;
        layout.width = shape.width;
    }
    segments_.emplace_back();
}

void SingleEmitter::emit(const std::vector<Node>& nodes, const GatherSource* source, const float* table) {
    lay_out(nodes);
    stage(new SingleInput(source, table, layout(kInput)));
    for (const Node& node : nodes) row_of(node.kind).emit_single(*this, node);
}

void SingleEmitter::lay_out(const std::vector<Node>& nodes) {
    for (const Node& node : nodes) {
        if (!convolves(node)) continue;
        const ConvolutionShape& shape = node.convolution;
        Tensor& x = tensor(node.input());
        x.border_height = std::max(x.border_height, shape.padding_height);
        x.border_width = std::max(x.border_width, shape.padding_width);
        if (const auto form = single_winograd_form(shape)) {
            const WinogradPlace excess = winograd_excess(*form, shape.output_height, shape.output_width);
            x.excess_height = std::max(x.excess_height, excess.row);
            x.excess_width = std::max(x.excess_width, excess.col);
        }
    }
    // Plain convolutions read one channel at a time: an image of one channel needs no seven beside it, nor
    // where it becomes a vector.
    tensor(kInput).padded = !std::all_of(nodes.begin(), nodes.end(), [](const Node& node) {
        return node.input() != kInput || node.kind == Kind::kFlatten ||
               (convolves(node) && node.convolution.groups == 1 && !single_winograd_form(node.convolution));
    });
    allocate(tensor(kInput));
    for (const Node& node : nodes) allocate(tensor(node.output));
}

void SingleEmitter::allocate(Tensor& t) {
    SingleTensor& layout = t.layout;
    const std::ptrdiff_t width = single_vector_width();
    layout.pixel = t.padded ? (layout.channels + width - 1) / width * width : layout.channels;
    layout.row = (layout.width + 2 * t.border_width + t.excess_width) * layout.pixel;
    const std::ptrdiff_t before = t.border_height * layout.row + t.border_width * layout.pixel;
    layout.values = floats((layout.height + 2 * t.border_height + t.excess_height) * layout.row) + before;
}

float* SingleEmitter::floats(std::ptrdiff_t count) {
    buffers_.emplace_back(count);
    return buffers_.back().data();
}

void SingleEmitter::stage(Op* op) {
    ops_.emplace_back(op);
    segments_.back().stages.push_back({op});
}

void SingleEmitter::call(std::function<bool()> function) {
    segments_.back().call = std::move(function);
    segments_.emplace_back();
}

void SingleEmitter::watch(const float* values, std::ptrdiff_t count) {
    if (values != nullptr && watches_)
        watched_.push_back({values, std::vector<float>(static_cast<std::size_t>(count))});
}

void SingleEmitter::watch(const SingleNormalization& n, std::ptrdiff_t channels) {
    if (n.mean == nullptr) return;
    for (const float* values : {n.mean, n.variance, n.weight, n.bias}) watch(values, channels);
}

const float* SingleEmitter::vector_of(int x) {
    const SingleTensor& from = layout(x);
    if (from.height * from.width == 1 && tensor(x).border_height == 0 && tensor(x).border_width == 0)
        return from.values;
    float* values = floats(from.features());
    stage(new SingleFlatten(from, values));
    return values;
}

std::size_t SingleEmitter::bytes() const {
    std::size_t total = 0;
    for (const AlignedBuffer<float>& buffer : buffers_)
        total += static_cast<std::size_t>(buffer.size()) * sizeof(float);
    for (const Watched& w : watched_) total += w.packed.size() * sizeof(float);
    for (const SinglePacked* layer : packed_) total += layer->bytes();
    return total;
}

}  // namespace cnn
