#include "kernels/activation/activation.h"

#include <stdexcept>

#include "core/slices.h"

namespace cnn {
namespace {

std::size_t index(ActivationKind kind) {
    return static_cast<std::size_t>(kind);
}

const ActivationBody& body_of(const Activation& activation) {
    const ActivationBodies* bodies = CNN_SELECT_BODY(activation_bodies);
    return bodies->of[index(activation.kind)];
}

}  // namespace

const std::vector<NamedActivation>& activation_functions() {
    static const std::vector<NamedActivation> functions = {
#define CNN_ACTIVATION(name, kept, value, gradient) {#name, Kept::kept},
#include "kernels/activation/activation_functions.h"
#undef CNN_ACTIVATION
    };
    return functions;
}

Kept kept_by(ActivationKind kind) {
    return activation_functions()[index(kind)].kept;
}

ActivationKind activation_from_name(const std::string& name) {
    std::string known;
    for (std::size_t i = 0; i < activation_functions().size(); ++i) {
        if (name == activation_functions()[i].name) return static_cast<ActivationKind>(i);
        known += (i ? ", " : "") + std::string(activation_functions()[i].name);
    }
    throw std::invalid_argument("function: expected one of " + known + "; got '" + name + "'");
}

ActivationForward::ActivationForward(const Activation& activation, std::ptrdiff_t size, const float* input,
                                     float* output)
    : activation_(activation),
      function_(body_of(activation).forward),
      size_(size),
      input_(input),
      output_(output) {}

std::ptrdiff_t ActivationForward::tasks(const Context& context) const {
    return block_count(context.samples) * slices_per_block(size_);
}

void ActivationForward::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    const Slice s = slice(task, size_);
    const std::ptrdiff_t offset = (s.block * size_ + s.begin) * kLanes;
    function_(input_ + offset, output_ + offset, (s.end - s.begin) * kLanes, activation_.alpha,
              activation_.beta);
}

ActivationBackward::ActivationBackward(const Activation& activation, std::ptrdiff_t size, const float* kept,
                                       const float* grad_output, float* grad_input)
    : activation_(activation),
      function_(body_of(activation).backward),
      size_(size),
      kept_(kept),
      grad_output_(grad_output),
      grad_input_(grad_input) {}

std::ptrdiff_t ActivationBackward::tasks(const Context& context) const {
    return block_count(context.samples) * slices_per_block(size_);
}

void ActivationBackward::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    const Slice s = slice(task, size_);
    const std::ptrdiff_t offset = (s.block * size_ + s.begin) * kLanes;
    function_(kept_ + offset, grad_output_ + offset, grad_input_ + offset, (s.end - s.begin) * kLanes,
              activation_.alpha, activation_.beta);
}

}  // namespace cnn
