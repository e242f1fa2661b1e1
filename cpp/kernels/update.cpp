#include "kernels/update.h"

#include <algorithm>

namespace cnn {

AddSlots::AddSlots(std::ptrdiff_t count, const float* slots, float* gradient, float scale, bool accumulate)
    : body_(CNN_SELECT_BODY(update_body)),
      count_(count),
      slots_(slots),
      gradient_(gradient),
      scale_(scale),
      accumulate_(accumulate) {}

void AddSlots::run(const Context& context, std::ptrdiff_t task, std::byte*) const {
    const std::ptrdiff_t begin = task * kUpdateChunk, size = std::min(kUpdateChunk, count_ - begin);
    body_->add_slots(slots_ + begin, count_, slot_count(context.samples), gradient_ + begin, size, scale_,
                     accumulate_ || context.accumulate_gradients);
}

Sgd::Sgd(std::ptrdiff_t count, float* parameter, const float* gradient, float* velocity,
         const SgdSettings& settings)
    : body_(CNN_SELECT_BODY(update_body)),
      count_(count),
      parameter_(parameter),
      gradient_(gradient),
      velocity_(velocity),
      settings_(settings) {}

void Sgd::run(const Context& context, std::ptrdiff_t task, std::byte*) const {
    const std::ptrdiff_t begin = task * kUpdateChunk, size = std::min(kUpdateChunk, count_ - begin);
    SgdSettings settings = settings_;
    settings.learning_rate = context.learning_rate;
    body_->sgd(parameter_ + begin, gradient_ + begin, velocity_ ? velocity_ + begin : nullptr, size,
               settings);
}

}  // namespace cnn
