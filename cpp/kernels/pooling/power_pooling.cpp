#include "kernels/pooling/power_pooling.h"

namespace cnn {

// Task t is plane t: block-major, then channel, as the planes lie in memory.

PowerPoolingForward::PowerPoolingForward(const PoolingShape& shape, const PowerNorm& norm, const float* input,
                                         float* output)
    : body_(CNN_SELECT_BODY(power_pooling_body)),
      shape_(shape),
      norm_(norm),
      input_(input),
      output_(output) {}

void PowerPoolingForward::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    body_->forward(shape_, norm_, input_ + task * shape_.input_plane() * kLanes,
                   output_ + task * shape_.output_plane() * kLanes);
}

PowerPoolingBackward::PowerPoolingBackward(const PoolingShape& shape, const PowerNorm& norm,
                                           const float* input, const float* grad_output, float* grad_input)
    : body_(CNN_SELECT_BODY(power_pooling_body)),
      shape_(shape),
      norm_(norm),
      input_(input),
      grad_output_(grad_output),
      grad_input_(grad_input) {}

void PowerPoolingBackward::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    const std::ptrdiff_t in = task * shape_.input_plane() * kLanes;
    body_->backward(shape_, norm_, input_ + in, grad_output_ + task * shape_.output_plane() * kLanes,
                    grad_input_ + in);
}

}  // namespace cnn
