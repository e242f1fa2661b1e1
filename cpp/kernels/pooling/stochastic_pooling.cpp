#include "kernels/pooling/stochastic_pooling.h"

#include "random/lane_numbers.h"

namespace cnn {

// Task t is plane t: block-major, then channel, as the planes lie in memory.

StochasticPoolingDraw::StochasticPoolingDraw(const PoolingShape& shape, std::uint32_t layer,
                                             const float* input, float* output, std::int32_t* choice)
    : body_(CNN_SELECT_BODY(stochastic_pooling_body)),
      shape_(shape),
      layer_(layer),
      input_(input),
      output_(output),
      choice_(choice) {}

void StochasticPoolingDraw::run(const Context& context, std::ptrdiff_t task, std::byte* scratch) const {
    static_assert(LaneNumbers::kCount == kLanes);
    const std::ptrdiff_t block = task / shape_.channels, channel = task % shape_.channels;
    const LaneNumbers random(context.seed, context.first_sample + block * kLanes, context.step,
                             Purpose::kStochasticPooling, layer_);
    float* numbers = reinterpret_cast<float*>(scratch);
    for (std::ptrdiff_t i = 0; i < shape_.output_plane(); ++i)
        random.draw(channel * shape_.output_plane() + i, numbers + i * kLanes);
    const std::ptrdiff_t in = task * shape_.input_plane() * kLanes,
                         out = task * shape_.output_plane() * kLanes;
    body_->draw(shape_, numbers, input_ + in, output_ + out, choice_ ? choice_ + out : nullptr);
}

StochasticPoolingWeigh::StochasticPoolingWeigh(const PoolingShape& shape, const float* input, float* output)
    : body_(CNN_SELECT_BODY(stochastic_pooling_body)), shape_(shape), input_(input), output_(output) {}

void StochasticPoolingWeigh::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    body_->weigh(shape_, input_ + task * shape_.input_plane() * kLanes,
                 output_ + task * shape_.output_plane() * kLanes);
}

StochasticPoolingWeighBackward::StochasticPoolingWeighBackward(const PoolingShape& shape, const float* input,
                                                               const float* grad_output, float* grad_input)
    : body_(CNN_SELECT_BODY(stochastic_pooling_body)),
      shape_(shape),
      input_(input),
      grad_output_(grad_output),
      grad_input_(grad_input) {}

void StochasticPoolingWeighBackward::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    const std::ptrdiff_t in = task * shape_.input_plane() * kLanes;
    body_->weigh_backward(shape_, input_ + in, grad_output_ + task * shape_.output_plane() * kLanes,
                          grad_input_ + in);
}

}  // namespace cnn
