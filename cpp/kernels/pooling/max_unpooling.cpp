#include "kernels/pooling/max_unpooling.h"

#include <algorithm>

namespace cnn {

void MaxUnpoolingForward::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    const float* x = input_ + task * shape_.values * kLanes;
    const std::int32_t* places = places_ + task * shape_.values * kLanes;
    float* y = output_ + task * shape_.places * kLanes;
    std::fill_n(y, shape_.places * kLanes, 0.0f);
    for (std::ptrdiff_t i = 0; i < shape_.values; ++i, x += kLanes, places += kLanes)
        for (std::ptrdiff_t lane = 0; lane < kLanes; ++lane) y[places[lane] * kLanes + lane] = x[lane];
}

void MaxUnpoolingBackward::run(const Context&, std::ptrdiff_t task, std::byte* scratch) const {
    const float* grad_y = grad_output_ + task * shape_.places * kLanes;
    const std::int32_t* places = places_ + task * shape_.values * kLanes;
    float* grad_x = grad_input_ + task * shape_.values * kLanes;
    auto* last = reinterpret_cast<std::int32_t*>(scratch);
    if (!shape_.distinct) {
        for (std::ptrdiff_t i = 0; i < shape_.values; ++i)
            for (std::ptrdiff_t lane = 0; lane < kLanes; ++lane)
                last[places[i * kLanes + lane] * kLanes + lane] = static_cast<std::int32_t>(i);
    }
    for (std::ptrdiff_t i = 0; i < shape_.values; ++i, grad_x += kLanes, places += kLanes) {
        for (std::ptrdiff_t lane = 0; lane < kLanes; ++lane) {
            const std::ptrdiff_t at = places[lane] * kLanes + lane;
            grad_x[lane] = shape_.distinct || last[at] == i ? grad_y[at] : 0.0f;
        }
    }
}

}  // namespace cnn
