#include "kernels/loss/log_softmax.h"

namespace cnn {

LogSoftmaxForward::LogSoftmaxForward(std::ptrdiff_t classes, const float* input, float* output)
    : body_(CNN_SELECT_BODY(log_softmax_body)), classes_(classes), input_(input), output_(output) {}

void LogSoftmaxForward::run(const Context&, std::ptrdiff_t block, std::byte*) const {
    const std::ptrdiff_t offset = block * classes_ * kLanes;
    body_->forward(input_ + offset, output_ + offset, classes_);
}

LogSoftmaxBackward::LogSoftmaxBackward(std::ptrdiff_t classes, const float* output, const float* grad_output,
                                       float* grad_input)
    : body_(CNN_SELECT_BODY(log_softmax_body)),
      classes_(classes),
      output_(output),
      grad_output_(grad_output),
      grad_input_(grad_input) {}

void LogSoftmaxBackward::run(const Context&, std::ptrdiff_t block, std::byte*) const {
    const std::ptrdiff_t offset = block * classes_ * kLanes;
    body_->backward(output_ + offset, grad_output_ + offset, grad_input_ + offset, classes_);
}

}  // namespace cnn
