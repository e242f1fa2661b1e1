#include "kernels/pooling/pooling.h"

namespace cnn {

// Task t is plane t: block-major, then channel, as the planes lie in memory.

MaxPoolingForward::MaxPoolingForward(const PoolingShape& shape, const float* input, float* output,
                                     std::int32_t* argmax)
    : body_(CNN_SELECT_BODY(pooling_body)), shape_(shape), input_(input), output_(output), argmax_(argmax) {}

void MaxPoolingForward::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    const std::ptrdiff_t in = task * shape_.input_plane() * kLanes,
                         out = task * shape_.output_plane() * kLanes;
    body_->max_forward(shape_, input_ + in, output_ + out, argmax_ ? argmax_ + out : nullptr);
}

MaxPoolingBackward::MaxPoolingBackward(const PoolingShape& shape, const float* grad_output,
                                       const std::int32_t* argmax, const float* rectified_output,
                                       float* grad_input)
    : body_(CNN_SELECT_BODY(pooling_body)),
      shape_(shape),
      grad_output_(grad_output),
      argmax_(argmax),
      rectified_output_(rectified_output),
      grad_input_(grad_input) {}

void MaxPoolingBackward::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    const std::ptrdiff_t in = task * shape_.input_plane() * kLanes,
                         out = task * shape_.output_plane() * kLanes;
    body_->max_backward(shape_, grad_output_ + out, argmax_ + out,
                        rectified_output_ ? rectified_output_ + out : nullptr, grad_input_ + in);
}

AveragePoolingForward::AveragePoolingForward(const PoolingShape& shape, bool count_padding,
                                             const float* input, float* output)
    : body_(CNN_SELECT_BODY(pooling_body)),
      shape_(shape),
      count_padding_(count_padding),
      input_(input),
      output_(output) {}

void AveragePoolingForward::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    const std::ptrdiff_t in = task * shape_.input_plane() * kLanes,
                         out = task * shape_.output_plane() * kLanes;
    body_->average_forward(shape_, count_padding_, input_ + in, output_ + out);
}

AveragePoolingBackward::AveragePoolingBackward(const PoolingShape& shape, bool count_padding,
                                               const float* grad_output, float* grad_input)
    : body_(CNN_SELECT_BODY(pooling_body)),
      shape_(shape),
      count_padding_(count_padding),
      grad_output_(grad_output),
      grad_input_(grad_input) {}

void AveragePoolingBackward::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    const std::ptrdiff_t in = task * shape_.input_plane() * kLanes,
                         out = task * shape_.output_plane() * kLanes;
    body_->average_backward(shape_, count_padding_, grad_output_ + out, grad_input_ + in);
}

}  // namespace cnn
