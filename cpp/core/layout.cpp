#include "core/layout.h"

#include <algorithm>

namespace cnn {
namespace {

// A block of plain features: one channel, lanes 16 floats apart.
BlockLayout plain(const Context& context, std::ptrdiff_t block, std::ptrdiff_t features, std::ptrdiff_t row) {
    BlockLayout layout{};
    layout.channels = 1;
    layout.positions = features;
    layout.position = kLanes;
    layout.row = row;
    layout.end_lane = live_lanes(context.samples, block);
    return layout;
}

}  // namespace

ToLanes::ToLanes(std::ptrdiff_t features, const float* rows, float* lanes)
    : body_(CNN_SELECT_BODY(layout_body)), features_(features), rows_(rows), lanes_(lanes) {}

void ToLanes::run(const Context& context, std::ptrdiff_t block, std::byte*) const {
    BlockLayout layout = plain(context, block, features_, features_);
    float* to = lanes_ + block * features_ * kLanes;
    if (layout.end_lane < kLanes) std::fill(to, to + features_ * kLanes, 0.0f);
    body_->rows_to_lanes(layout, rows_ + block * kLanes * features_, to);
}

FromLanes::FromLanes(std::ptrdiff_t features, const float* lanes, float* rows, std::ptrdiff_t row)
    : body_(CNN_SELECT_BODY(layout_body)), features_(features), row_(row), lanes_(lanes), rows_(rows) {}

void FromLanes::run(const Context& context, std::ptrdiff_t block, std::byte*) const {
    body_->lanes_to_rows(plain(context, block, features_, row_), lanes_ + block * features_ * kLanes,
                         rows_ + block * kLanes * row_);
}

void IndexToLanes::run(const Context& context, std::ptrdiff_t block, std::byte*) const {
    const std::ptrdiff_t live = live_lanes(context.samples, block);
    const std::int32_t* from = rows_ + block * kLanes * features_;
    std::int32_t* to = lanes_ + block * features_ * kLanes;
    for (std::ptrdiff_t f = 0; f < features_; ++f) {
        for (std::ptrdiff_t lane = 0; lane < kLanes; ++lane) {
            to[f * kLanes + lane] = lane < live ? from[lane * features_ + f] : 0;
        }
    }
}

void IndexFromLanes::run(const Context& context, std::ptrdiff_t block, std::byte*) const {
    const std::ptrdiff_t live = live_lanes(context.samples, block);
    const std::int32_t* from = lanes_ + block * features_ * kLanes;
    std::int32_t* to = rows_ + block * kLanes * features_;
    for (std::ptrdiff_t lane = 0; lane < live; ++lane) {
        for (std::ptrdiff_t f = 0; f < features_; ++f) to[lane * features_ + f] = from[f * kLanes + lane];
    }
}

}  // namespace cnn
