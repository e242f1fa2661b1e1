#include "kernels/softmax/softmax.h"

#include <algorithm>

#include "core/slices.h"

namespace cnn {
namespace {

struct Columns {
    std::ptrdiff_t first, count;  // feature of the first one, from the beginning of all blocks
};

std::ptrdiff_t columns_together(const SoftmaxShape& s) {
    return std::max<std::ptrdiff_t>(1, kSliceFeatures / s.count);
}

std::ptrdiff_t parts(const SoftmaxShape& s) {
    return (s.inner + columns_together(s) - 1) / columns_together(s);
}

std::ptrdiff_t task_count(const SoftmaxShape& s, const Context& context) {
    return block_count(context.samples) * s.outer * parts(s);
}

Columns columns_of(const SoftmaxShape& s, std::ptrdiff_t task) {
    const std::ptrdiff_t begin = task % parts(s) * columns_together(s);
    return {task / parts(s) * s.count * s.inner + begin, std::min(columns_together(s), s.inner - begin)};
}

}  // namespace

SoftmaxForward::SoftmaxForward(const SoftmaxShape& shape, const float* input, float* output)
    : body_(CNN_SELECT_BODY(softmax_body)), shape_(shape), input_(input), output_(output) {}

std::ptrdiff_t SoftmaxForward::tasks(const Context& context) const {
    return task_count(shape_, context);
}

void SoftmaxForward::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    const Columns c = columns_of(shape_, task);
    body_->forward(input_ + c.first * kLanes, output_ + c.first * kLanes, shape_.count, shape_.inner * kLanes,
                   c.count);
}

SoftmaxBackward::SoftmaxBackward(const SoftmaxShape& shape, const float* output, const float* grad_output,
                                 float* grad_input)
    : body_(CNN_SELECT_BODY(softmax_body)),
      shape_(shape),
      output_(output),
      grad_output_(grad_output),
      grad_input_(grad_input) {}

std::ptrdiff_t SoftmaxBackward::tasks(const Context& context) const {
    return task_count(shape_, context);
}

void SoftmaxBackward::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    const Columns c = columns_of(shape_, task);
    const std::ptrdiff_t at = c.first * kLanes;
    body_->backward(output_ + at, grad_output_ + at, grad_input_ + at, shape_.count, shape_.inner * kLanes,
                    c.count);
}

}  // namespace cnn
