#include "program/single_program.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "kernels/single_convolution.h"
#include "kernels/single_joins.h"
#include "kernels/single_pooled_convolution.h"
#include "kernels/single_winograd.h"

namespace cnn {
namespace {

constexpr int kInput = 0;  // the graph's first tensor

// Multiply-adds from which a second thread pays for its start and for one barrier a layer.
constexpr std::ptrdiff_t kParallelWork = 8'000'000;

bool convolves(const Node& node) {
    return node.kind == Kind::kConvolution || node.kind == Kind::kPooledConvolution;
}

SinglePooling::Kind pooling_kind(const Node& node) {
    if (node.kind == Kind::kMaxPooling) return SinglePooling::Kind::kMaximum;
    return node.count_padding ? SinglePooling::Kind::kAverageWithPadding : SinglePooling::Kind::kAverage;
}

// That of a batch normalization, or of a convolution that has taken one over.
SingleNormalization normalization_of(const Node& node) {
    const LearnedArrays& arrays = node.kind == Kind::kBatchNormalization ? node.arrays : node.normalization;
    return {node.statistics.mean, node.statistics.variance, arrays.weight, arrays.bias,
            node.statistics.epsilon};
}

}  // namespace

bool SingleProgram::can_run(const std::vector<Node>& nodes) {
    return std::none_of(nodes.begin(), nodes.end(), [](const Node& node) {
        return node.kind == Kind::kDropout;  // of training only
    });
}

SingleProgram::SingleProgram(const Graph& graph, std::vector<Node> nodes, const float* table, int result,
                             bool frozen)
    : frozen_(frozen), output_(result), table_(table), nodes_(std::move(nodes)) {
    for (const TensorShape& shape : graph.tensors) {
        tensors_.emplace_back();
        SingleTensor& layout = tensors_.back().layout;
        layout.channels = shape.channels;
        layout.height = shape.height;
        layout.width = shape.width;
    }
    for (const Node& node : nodes_) {
        calls_out_ = calls_out_ || node.kind == Kind::kForeign;
        if (convolves(node)) {
            const ConvolutionShape& shape = node.convolution;
            work_ += shape.weight_size() * shape.output_height * shape.output_width;
        } else if (node.kind == Kind::kLinear) {
            work_ += graph.shape(node.output).features() * graph.shape(node.input()).features();
        }
    }
}

float* SingleProgram::floats(std::ptrdiff_t count) {
    buffers_.emplace_back(count);
    return buffers_.back().data();
}

void SingleProgram::allocate(Tensor& t) {
    SingleTensor& layout = t.layout;
    const std::ptrdiff_t width = single_vector_width();
    layout.pixel = t.padded ? (layout.channels + width - 1) / width * width : layout.channels;
    layout.row = (layout.width + 2 * t.border_width + t.excess_width) * layout.pixel;
    const std::ptrdiff_t before = t.border_height * layout.row + t.border_width * layout.pixel;
    layout.values = floats((layout.height + 2 * t.border_height + t.excess_height) * layout.row) + before;
}

void SingleProgram::stage(Op* op) {
    ops_.emplace_back(op);
    segments_.back().stages.push_back({op});
}

void SingleProgram::watch(const float* values, std::ptrdiff_t count) {
    if (values != nullptr && !frozen_)
        watched_.push_back({values, std::vector<float>(static_cast<std::size_t>(count))});
}

// The features of x in the order (C, H, W).
const float* SingleProgram::vector_of(int x) {
    const SingleTensor& from = tensor(x).layout;
    if (from.height * from.width == 1 && tensor(x).border_height == 0 && tensor(x).border_width == 0)
        return from.values;
    float* values = floats(from.features());
    stage(new SingleFlatten(from, values));
    return values;
}

void SingleProgram::emit_convolution(const Node& node) {
    const ConvolutionShape& shape = node.convolution;
    const LearnedArrays& arrays = node.arrays;
    const SingleTensor &x = tensor(node.input()).layout, &y = tensor(node.output).layout;
    watch(arrays.weight, shape.weight_size());
    watch(arrays.bias, shape.output_channels);
    if (node.kind == Kind::kPooledConvolution) {
        auto* convolution = new SinglePooledConvolution(shape, arrays.weight, arrays.bias, node.relu, x, y);
        shared_.emplace_back(convolution);
        packed(convolution);
        stage(convolution->split_columns());
        stage(convolution->convolve());
        return;
    }
    const std::ptrdiff_t m = single_winograd_tile(shape);
    if (m == 0) {
        auto* op =
            new SingleConvolution(shape, arrays.weight, arrays.bias, normalization_of(node), node.relu, x, y);
        stage(op);
        packed(op);
        return;
    }
    auto* winograd =
        new SingleWinograd(shape, m, arrays.weight, arrays.bias, normalization_of(node), node.relu, x, y);
    shared_.emplace_back(winograd);
    packed(winograd);
    stage(winograd->transform_input());
    stage(winograd->multiply());
    stage(winograd->transform_output());
}

void SingleProgram::emit(const Node& node) {
    const SingleTensor &x = tensor(node.input()).layout, &y = tensor(node.output).layout;
    const SingleNormalization n = normalization_of(node);
    if (n.mean != nullptr) {
        for (const float* values : {n.mean, n.variance, n.weight, n.bias}) watch(values, y.channels);
    }
    switch (node.kind) {
        case Kind::kConvolution:
        case Kind::kPooledConvolution:
            emit_convolution(node);
            break;
        case Kind::kLinear:
            stage(new SingleLinear(x.features(), y.channels, node.arrays.weight, node.arrays.bias, node.relu,
                                   vector_of(node.input()), y.values));
            break;
        case Kind::kMaxPooling:
        case Kind::kAveragePooling:
            stage(new SinglePooling(pooling_kind(node), node.pooling, x, y));
            break;
        case Kind::kActivation:
            stage(new SingleActivation(node.activation, x, y));
            break;
        case Kind::kBatchNormalization: {
            auto* op = new SingleNormalize(n, node.relu, x, y);
            stage(op);
            packed(op);
            break;
        }
        case Kind::kFlatten:
            stage(new SingleFlatten(x, y.values));
            break;
        case Kind::kLogSoftmax:
            stage(new SingleLogSoftmax(x.features(), vector_of(node.input()), y.values));
            break;
        case Kind::kForeign: {
            const float* from = vector_of(node.input());
            float* to = floats(y.features());
            segments_.back().call = [=, foreign = node.foreign] {
                if (!foreign->forward(1, from, to)) return false;
                single_from_planes(to, y);
                return true;
            };
            segments_.emplace_back();
            break;
        }
        case Kind::kAdd: {
            std::vector<SingleTensor> terms;
            for (const int term : node.inputs) terms.push_back(tensor(term).layout);
            stage(new SingleSum(std::move(terms), y));
            break;
        }
        case Kind::kConcat: {
            std::ptrdiff_t channel = 0;
            for (const int part : node.inputs) {
                const SingleTensor& from = tensor(part).layout;
                stage(new SingleCopyChannels(from, 0, y, channel, from.channels));
                channel += from.channels;
            }
            break;
        }
        case Kind::kSlice:
            stage(new SingleCopyChannels(x, node.first, y, 0, y.channels));
            break;
        case Kind::kDropout:
            break;  // see can_run()
    }
}

void SingleProgram::finish() {
    for (const Node& node : nodes_) {
        if (!convolves(node)) continue;
        const ConvolutionShape& shape = node.convolution;
        Tensor& x = tensor(node.input());
        x.border_height = std::max(x.border_height, shape.padding_height);
        x.border_width = std::max(x.border_width, shape.padding_width);
        if (const std::ptrdiff_t m = single_winograd_tile(shape)) {
            x.excess_height = std::max(x.excess_height, single_winograd_excess(shape.output_height, m));
            x.excess_width = std::max(x.excess_width, single_winograd_excess(shape.output_width, m));
        }
    }
    // Plain convolutions read one channel at a time: an image of one channel needs no seven beside it.
    tensor(kInput).padded = !std::all_of(nodes_.begin(), nodes_.end(), [this](const Node& node) {
        return node.input() != kInput || (convolves(node) && node.convolution.groups == 1 &&
                                          single_winograd_tile(node.convolution) == 0);
    });
    allocate(tensor(kInput));
    for (const Node& node : nodes_) allocate(tensor(node.output));
    segments_.emplace_back();
    stage(new SingleInput(&source_, table_, tensor(kInput).layout));
    for (const Node& node : nodes_) emit(node);
    result_ = vector_of(output_);
    result_size_ = tensor(output_).layout.features();
    parallel_ = work_ >= kParallelWork;
    nodes_.clear();
}

bool SingleProgram::changed() const {
    return std::any_of(watched_.begin(), watched_.end(), [](const Watched& w) {
        return std::memcmp(w.values, w.packed.data(), w.packed.size() * sizeof(float)) != 0;
    });
}

bool SingleProgram::ready() {
    if (segments_.empty()) finish();
    if (packed_once_ && !changed()) return usable_;
    for (Watched& w : watched_) std::copy_n(w.values, w.packed.size(), w.packed.begin());
    usable_ = true;
    for (SinglePacked* layer : packed_) usable_ = layer->pack() && usable_;
    packed_once_ = true;
    return usable_;
}

bool SingleProgram::run(const GatherSource& source, int threads, const std::function<bool()>& should_stop,
                        float* row) {
    source_ = source;
    const Context context{};
    for (const Segment& segment : segments_) {
        if (parallel_) {
            if (!runner_.run(segment.stages, context, threads, should_stop)) return false;
        } else {
            for (const Stage& ops : segment.stages) {
                for (const Op* op : ops) {
                    for (std::ptrdiff_t task = 0; task < op->tasks(context); ++task)
                        op->run(context, task, nullptr);
                }
            }
        }
        if (segment.call && !segment.call()) return false;
    }
    std::copy_n(result_, result_size_, row);
    return true;
}

std::size_t SingleProgram::bytes() const {
    std::size_t total = 0;
    for (const AlignedBuffer<float>& buffer : buffers_)
        total += static_cast<std::size_t>(buffer.size()) * sizeof(float);
    for (const Watched& w : watched_) total += w.packed.size() * sizeof(float);
    for (const SinglePacked* layer : packed_) total += layer->bytes();
    return total;
}

}  // namespace cnn
