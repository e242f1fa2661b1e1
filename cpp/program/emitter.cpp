#include "program/emitter.h"

#include "kernels/activation/activation.h"
#include "kernels/convolution/convolution_gradient.h"
#include "kernels/joins/lane_sums.h"
#include "kernels/update/update.h"
#include "program/kinds.h"

namespace cnn {

void Emitter::begin(const Graph& graph, const std::vector<Node>& nodes,
                    const std::vector<int>& gradient_readers) {
    for (const TensorShape& shape : graph.tensors) tensors_.push_back({shape});
    for (const Node& node : nodes)
        for (const int x : node.inputs) ++tensor(x).gradient_readers;
    for (const int x : gradient_readers) ++tensor(x).gradient_readers;
}

void Emitter::emit(const Node& node) {
    emitting_ = node.output;
    row_of(node.kind).emit(*this, node);
    emitting_ = kNoTensor;
    backward_emitters_.push_back({node.output, std::exchange(pending_, nullptr)});
}

void Emitter::emit_backward() {
    for (auto item = backward_emitters_.rbegin(); item != backward_emitters_.rend(); ++item) {
        Tensor& y = tensor(item->output);
        emitting_ = item->output;
        if (!y.parts.empty()) backward_stage({keep(new LaneSums(y.shape.features(), y.parts, y.gradient))});
        if (item->emit) item->emit();
    }
    emitting_ = kNoTensor;
    backward_emitters_.clear();
    if (!deferred_.empty()) backward_stage({});
    if (!reduce_.empty()) backward_.back().stages.push_back(reduce_);
}

float* Emitter::values(int x) {
    if (!tensor(x).has_values) {
        float* memory = lanes(features(x));
        tensor(x).values = memory;
        tensor(x).has_values = true;
    }
    return tensor(x).values;
}

float* Emitter::gradient(int y) {
    if (!passes_.backward || !tensor(y).differentiable) return nullptr;
    if (!tensor(y).has_gradient) {
        float* memory = lanes(features(y));
        tensor(y).gradient = memory;
        tensor(y).has_gradient = true;
    }
    return tensor(y).gradient;
}

float* Emitter::kept_floats(const char* name, std::ptrdiff_t count) {
    float* memory = floats(count);
    kept_.push_back({name, count, false, memory, nullptr});
    return memory;
}

std::int32_t* Emitter::kept_indices(
    const char* name, int y, std::function<void(std::ptrdiff_t samples, const std::int32_t* rows)> check) {
    std::int32_t* memory = index_lanes(features(y));
    kept_.push_back({name, features(y), true, nullptr, memory, std::move(check)});
    return memory;
}

std::int32_t* Emitter::given_indices(
    const char* name, int x, std::function<void(std::ptrdiff_t samples, const std::int32_t* rows)> check) {
    std::int32_t* memory = kept_indices(name, x, std::move(check));
    kept_.back().is_given = true;
    return memory;
}

float* Emitter::gradient_for_reader(int x) {
    float* whole = gradient(x);
    const Tensor& t = tensor(x);
    if (whole == nullptr || t.gradient_readers < 2) return whole;
    float* part = lanes(t.shape.features());
    tensor(x).parts.push_back(part);
    return part;
}

void Emitter::alias(int y, float* values, float* gradient) {
    Tensor& t = tensor(y);
    t.values = values;
    t.gradient = gradient;
    t.has_values = true;
    t.has_gradient = t.differentiable = gradient != nullptr;
}

const Op* Emitter::keep(Op* op) {
    ops_.emplace(op, Made{std::unique_ptr<Op>(op), emitting_});
    return op;
}

void Emitter::call(std::function<bool(const Context&)> function) {
    forward_.back().call = std::move(function);
    forward_.emplace_back();
}

void Emitter::backward(std::function<void()> emit) {
    if (passes_.backward) pending_ = std::move(emit);
}

void Emitter::backward_stage(Stage stage) {
    stage.insert(stage.end(), deferred_.begin(), deferred_.end());
    deferred_.clear();
    backward_alone(std::move(stage));
}

void Emitter::backward_call(std::function<bool(const Context&)> function) {
    backward_.back().call = std::move(function);
    backward_.emplace_back();
}

void Emitter::add_slots(std::ptrdiff_t count, const float* slots, float* gradient) {
    reduce_.push_back(keep(new AddSlots(count, slots, gradient)));
}

void Emitter::bias_gradient(std::ptrdiff_t channels, std::ptrdiff_t positions, const float* grad_y,
                            float* grad_bias) {
    float* slots = floats(slot_count(capacity_) * channels);
    later(new BiasGradient(channels, positions, grad_y, slots));
    add_slots(channels, slots, grad_bias);
}

void Emitter::undo_relu(const Node& node) {
    if (!node.unrectify) return;
    const int y = node.output;
    backward_stage({keep(
        new ActivationBackward({ActivationKind::relu}, features(y), values(y), gradient(y), gradient(y)))});
}

}  // namespace cnn
