#include "program/single_program.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "kernels/single_convolution.h"
#include "kernels/single_pooled_convolution.h"
#include "kernels/single_winograd.h"

namespace cnn {
namespace {

// Multiply-adds from which a second thread pays for its start and for one barrier a layer.
constexpr std::ptrdiff_t kParallelWork = 8'000'000;

}  // namespace

void SingleProgram::make(int y, std::ptrdiff_t channels, std::ptrdiff_t height, std::ptrdiff_t width) {
    if (tensors_.size() <= static_cast<std::size_t>(y)) tensors_.resize(static_cast<std::size_t>(y) + 1);
    SingleTensor& layout = tensor(y).layout;
    layout.channels = channels;
    layout.height = height;
    layout.width = width;
}

SingleProgram::Layer& SingleProgram::add(Kind kind, int x, int y) {
    layers_.push_back({kind, x, y});
    return layers_.back();
}

void SingleProgram::input(int y, std::ptrdiff_t channels, std::ptrdiff_t height, std::ptrdiff_t width,
                          const float* table) {
    make(y, channels, height, width);
    input_ = y;
    table_ = table;
}

void SingleProgram::convolution(int x, int y, const ConvolutionShape& shape, const LearnedArrays& arrays,
                                bool relu) {
    make(y, shape.output_channels, shape.output_height, shape.output_width);
    Layer& layer = add(Kind::kConvolution, x, y);
    layer.convolution = shape;
    layer.arrays = arrays;
    layer.relu = relu;
    work_ += shape.weight_size() * shape.output_height * shape.output_width;
}

void SingleProgram::linear(int x, int y, std::ptrdiff_t outputs, const LearnedArrays& arrays, bool relu) {
    make(y, outputs, 1, 1);
    Layer& layer = add(Kind::kLinear, x, y);
    layer.arrays = arrays;
    layer.relu = relu;
    work_ += outputs * tensor(x).layout.features();
}

void SingleProgram::pooling(int x, int y, SinglePooling::Kind kind, const PoolingShape& shape) {
    make(y, shape.channels, shape.output_height, shape.output_width);
    Layer& layer = add(Kind::kPooling, x, y);
    layer.pooling_kind = kind;
    layer.pooling = shape;
}

void SingleProgram::activation(int x, int y, ActivationKind kind) {
    const SingleTensor from = tensor(x).layout;
    make(y, from.channels, from.height, from.width);
    add(Kind::kActivation, x, y).activation = kind;
}

void SingleProgram::normalization(int x, int y, const SingleNormalization& normalization, bool relu) {
    const SingleTensor from = tensor(x).layout;
    make(y, from.channels, from.height, from.width);
    Layer& layer = add(Kind::kNormalization, x, y);
    layer.normalization = normalization;
    layer.relu = relu;
}

void SingleProgram::flatten(int x, int y) {
    make(y, tensor(x).layout.features(), 1, 1);
    add(Kind::kFlatten, x, y);
}

void SingleProgram::log_softmax(int x, int y) {
    make(y, tensor(x).layout.features(), 1, 1);
    add(Kind::kLogSoftmax, x, y);
}

void SingleProgram::foreign(int x, int y, std::ptrdiff_t channels, std::ptrdiff_t height,
                            std::ptrdiff_t width, ForeignLayer layer) {
    make(y, channels, height, width);
    foreign_.push_back(std::move(layer));
    add(Kind::kForeign, x, y).foreign = &foreign_.back();
    calls_out_ = true;
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

void SingleProgram::emit_convolution(const Layer& layer) {
    const ConvolutionShape& shape = layer.convolution;
    const LearnedArrays& arrays = layer.arrays;
    const SingleTensor &x = tensor(layer.x).layout, &y = tensor(layer.y).layout;
    watch(arrays.weight, shape.weight_size());
    watch(arrays.bias, shape.output_channels);
    if (layer.pooled) {
        auto* convolution = new SinglePooledConvolution(shape, arrays.weight, arrays.bias, layer.relu, x, y);
        shared_.emplace_back(convolution);
        packed(convolution);
        stage(convolution->split_columns());
        stage(convolution->convolve());
        return;
    }
    const std::ptrdiff_t m = single_winograd_tile(shape);
    if (m == 0) {
        auto* op =
            new SingleConvolution(shape, arrays.weight, arrays.bias, layer.normalization, layer.relu, x, y);
        stage(op);
        packed(op);
        return;
    }
    auto* winograd =
        new SingleWinograd(shape, m, arrays.weight, arrays.bias, layer.normalization, layer.relu, x, y);
    shared_.emplace_back(winograd);
    packed(winograd);
    stage(winograd->transform_input());
    stage(winograd->multiply());
    stage(winograd->transform_output());
}

void SingleProgram::emit(const Layer& layer) {
    const SingleTensor &x = tensor(layer.x).layout, &y = tensor(layer.y).layout;
    const SingleNormalization& n = layer.normalization;
    if (n.mean != nullptr) {
        for (const float* values : {n.mean, n.variance, n.weight, n.bias}) watch(values, y.channels);
    }
    switch (layer.kind) {
        case Kind::kConvolution:
            emit_convolution(layer);
            break;
        case Kind::kLinear:
            stage(new SingleLinear(x.features(), y.channels, layer.arrays.weight, layer.arrays.bias,
                                   layer.relu, vector_of(layer.x), y.values));
            break;
        case Kind::kPooling:
            stage(new SinglePooling(layer.pooling_kind, layer.pooling, x, y));
            break;
        case Kind::kActivation:
            stage(new SingleActivation(layer.activation, x, y));
            break;
        case Kind::kNormalization: {
            auto* op = new SingleNormalize(n, layer.relu, x, y);
            stage(op);
            packed(op);
            break;
        }
        case Kind::kFlatten:
            stage(new SingleFlatten(x, y.values));
            break;
        case Kind::kLogSoftmax:
            stage(new SingleLogSoftmax(x.features(), vector_of(layer.x), y.values));
            break;
        case Kind::kForeign: {
            const float* from = vector_of(layer.x);
            float* to = floats(y.features());
            segments_.back().call = [=, foreign = layer.foreign] {
                if (!foreign->forward(1, from, to)) return false;
                single_from_planes(to, y);
                return true;
            };
            segments_.emplace_back();
            break;
        }
    }
}

// Whether a convolution can do the layer that reads its result on the way out. There it normalizes, then
// rectifies; or it rectifies, then pools: what comes earlier in that order cannot follow any more.
bool SingleProgram::takes_over(const Layer& convolution, const Layer& next) {
    if (convolution.kind != Kind::kConvolution || convolution.normalization.mean != nullptr ||
        convolution.pooled)
        return false;
    if (next.kind == Kind::kNormalization) return !convolution.relu;
    return next.kind == Kind::kPooling && next.pooling_kind == SinglePooling::Kind::kMaximum &&
           single_pooling_pays(convolution.convolution, next.pooling);
}

// Layers that the one before them takes over, where nobody else reads what it would no longer store.
void SingleProgram::fuse() {
    std::vector<int> readers(tensors_.size()), producer(tensors_.size(), -1);
    for (const Layer& layer : layers_) ++readers[static_cast<std::size_t>(layer.x)];
    ++readers[static_cast<std::size_t>(output_)];
    std::vector<Layer> fused;
    for (const Layer& layer : layers_) {
        const auto x = static_cast<std::size_t>(layer.x), y = static_cast<std::size_t>(layer.y);
        Layer* before = producer[x] < 0 ? nullptr : &fused[static_cast<std::size_t>(producer[x])];
        if (before != nullptr && readers[x] == 1 && takes_over(*before, layer)) {
            before->y = layer.y;
            producer[y] = producer[x];
            if (layer.kind == Kind::kPooling) {
                before->pooled = true;
            } else {
                before->normalization = layer.normalization;
                before->relu = layer.relu;
            }
        } else {
            producer[y] = static_cast<int>(fused.size());
            fused.push_back(layer);
        }
    }
    layers_ = std::move(fused);
}

void SingleProgram::finish() {
    fuse();
    for (const Layer& layer : layers_) {
        if (layer.kind != Kind::kConvolution) continue;
        const ConvolutionShape& shape = layer.convolution;
        Tensor& x = tensor(layer.x);
        x.border_height = std::max(x.border_height, shape.padding_height);
        x.border_width = std::max(x.border_width, shape.padding_width);
        if (const std::ptrdiff_t m = single_winograd_tile(shape)) {
            x.excess_height = std::max(x.excess_height, single_winograd_excess(shape.output_height, m));
            x.excess_width = std::max(x.excess_width, single_winograd_excess(shape.output_width, m));
        }
    }
    // Plain convolutions read one channel at a time: an image of one channel needs no seven beside it.
    tensor(input_).padded = !std::all_of(layers_.begin(), layers_.end(), [this](const Layer& layer) {
        return layer.x != input_ || (layer.kind == Kind::kConvolution && layer.convolution.groups == 1 &&
                                     single_winograd_tile(layer.convolution) == 0);
    });
    allocate(tensor(input_));
    for (const Layer& layer : layers_) allocate(tensor(layer.y));
    segments_.emplace_back();
    stage(new SingleInput(&source_, table_, tensor(input_).layout));
    for (const Layer& layer : layers_) emit(layer);
    result_ = vector_of(output_);
    result_size_ = tensor(output_).layout.features();
    parallel_ = work_ >= kParallelWork;
    layers_.clear();
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
