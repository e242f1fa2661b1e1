#include "kernels/activation.h"

#include "kernels/slices.h"

namespace cnn {

ActivationForward::ActivationForward(ActivationKind kind, std::ptrdiff_t size, const float* input,
                                     float* output)
    : size_(size), input_(input), output_(output) {
    const ActivationBody* body = CNN_SELECT_BODY(activation_body);
    function_ = kind == ActivationKind::kRelu   ? body->relu
                : kind == ActivationKind::kTanh ? body->tanh
                                                : body->sigmoid;
}

std::ptrdiff_t ActivationForward::tasks(const Context& context) const {
    return block_count(context.samples) * slices_per_block(size_);
}

void ActivationForward::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    const Slice s = slice(task, size_);
    const std::ptrdiff_t offset = (s.block * size_ + s.begin) * kLanes;
    function_(input_ + offset, output_ + offset, (s.end - s.begin) * kLanes);
}

ActivationBackward::ActivationBackward(ActivationKind kind, std::ptrdiff_t size, const float* output,
                                       const float* grad_output, float* grad_input)
    : size_(size), output_(output), grad_output_(grad_output), grad_input_(grad_input) {
    const ActivationBody* body = CNN_SELECT_BODY(activation_body);
    function_ = kind == ActivationKind::kRelu   ? body->relu_backward
                : kind == ActivationKind::kTanh ? body->tanh_backward
                                                : body->sigmoid_backward;
}

std::ptrdiff_t ActivationBackward::tasks(const Context& context) const {
    return block_count(context.samples) * slices_per_block(size_);
}

void ActivationBackward::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    const Slice s = slice(task, size_);
    const std::ptrdiff_t offset = (s.block * size_ + s.begin) * kLanes;
    function_(output_ + offset, grad_output_ + offset, grad_input_ + offset, (s.end - s.begin) * kLanes);
}

}  // namespace cnn
