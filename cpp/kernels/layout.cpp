#include "kernels/layout.h"

namespace cnn {
namespace {

template <class T>
void to_lanes(const Context& context, std::ptrdiff_t block, std::ptrdiff_t features, const T* rows,
              T* lanes) {
    const std::ptrdiff_t live = live_lanes(context.samples, block);
    const T* from = rows + block * kLanes * features;
    T* to = lanes + block * features * kLanes;
    for (std::ptrdiff_t f = 0; f < features; ++f) {
        for (std::ptrdiff_t lane = 0; lane < kLanes; ++lane) {
            to[f * kLanes + lane] = lane < live ? from[lane * features + f] : T{};
        }
    }
}

template <class T>
void from_lanes(const Context& context, std::ptrdiff_t block, std::ptrdiff_t features, const T* lanes,
                T* rows) {
    const std::ptrdiff_t live = live_lanes(context.samples, block);
    const T* from = lanes + block * features * kLanes;
    T* to = rows + block * kLanes * features;
    for (std::ptrdiff_t lane = 0; lane < live; ++lane) {
        for (std::ptrdiff_t f = 0; f < features; ++f) to[lane * features + f] = from[f * kLanes + lane];
    }
}

}  // namespace

void ToLanes::run(const Context& context, std::ptrdiff_t block, std::byte*) const {
    to_lanes(context, block, features_, rows_, lanes_);
}

void FromLanes::run(const Context& context, std::ptrdiff_t block, std::byte*) const {
    from_lanes(context, block, features_, lanes_, rows_);
}

void IndexToLanes::run(const Context& context, std::ptrdiff_t block, std::byte*) const {
    to_lanes(context, block, features_, rows_, lanes_);
}

void IndexFromLanes::run(const Context& context, std::ptrdiff_t block, std::byte*) const {
    from_lanes(context, block, features_, lanes_, rows_);
}

}  // namespace cnn
