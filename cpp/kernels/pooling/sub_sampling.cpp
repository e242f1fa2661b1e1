#include "kernels/pooling/sub_sampling.h"

namespace cnn {

SubSamplingForward::SubSamplingForward(const PoolingShape& shape, const float* weight, const float* bias,
                                       const float* input, float* output)
    : body_(CNN_SELECT_BODY(sub_sampling_body)),
      shape_(shape),
      weight_(weight),
      bias_(bias),
      input_(input),
      output_(output) {}

void SubSamplingForward::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    const std::ptrdiff_t c = task % shape_.channels;
    body_->forward(shape_, weight_[c], bias_[c], input_ + task * shape_.input_plane() * kLanes,
                   output_ + task * shape_.output_plane() * kLanes);
}

SubSamplingBackward::SubSamplingBackward(const PoolingShape& shape, const float* weight,
                                         const float* grad_output, float* grad_input)
    : body_(CNN_SELECT_BODY(sub_sampling_body)),
      shape_(shape),
      weight_(weight),
      grad_output_(grad_output),
      grad_input_(grad_input) {}

void SubSamplingBackward::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    body_->backward_input(shape_, weight_[task % shape_.channels],
                          grad_output_ + task * shape_.output_plane() * kLanes,
                          grad_input_ + task * shape_.input_plane() * kLanes);
}

SubSamplingWeightGradient::SubSamplingWeightGradient(const PoolingShape& shape, const float* input,
                                                     const float* grad_output, float* slots)
    : body_(CNN_SELECT_BODY(sub_sampling_body)),
      shape_(shape),
      input_(input),
      grad_output_(grad_output),
      slots_(slots) {}

void SubSamplingWeightGradient::run(const Context& context, std::ptrdiff_t task, std::byte*) const {
    const std::ptrdiff_t slot = task / shape_.channels, channel = task % shape_.channels;
    const BlockRange blocks = slot_blocks(context.samples, slot);
    const std::ptrdiff_t plane = (blocks.begin * shape_.channels + channel) * kLanes;
    slots_[task] = body_->weight_gradient(
        shape_, blocks.end - blocks.begin, live_lanes(context.samples, blocks.end - 1),
        input_ + plane * shape_.input_plane(), grad_output_ + plane * shape_.output_plane());
}

}  // namespace cnn
