#include "core/layout_body.h"
#include "simd/transpose.h"
#include "simd/vector.h"

namespace cnn {
namespace CNN_ISA {
namespace {

// Walks the features of a row in order: channels, then positions.
struct Feature {
    std::ptrdiff_t channel = 0, position = 0;
    CNN_INLINE std::ptrdiff_t at(const BlockLayout& a) const {
        return position * a.position + channel * a.channel;
    }
    CNN_INLINE void next(const BlockLayout& a) {
        if (++channel == a.channels) {
            channel = 0;
            ++position;
        }
    }
};

void lanes_to_rows(const BlockLayout& a, const float* lanes, float* rows) {
    const std::ptrdiff_t features = a.channels * a.positions;
    Feature feature;
    for (std::ptrdiff_t f = 0; f < features; f += kWidth) {
        const float* from[kWidth];
        const std::ptrdiff_t count = f + kWidth < features ? kWidth : features - f;
        for (std::ptrdiff_t i = 0; i < kWidth; ++i) {
            from[i] = i < count ? lanes + feature.at(a) : from[0];
            if (i < count) feature.next(a);
        }
        for (std::ptrdiff_t lane = a.first_lane / kWidth * kWidth; lane < a.end_lane; lane += kWidth) {
            Native r[kWidth];
            CNN_UNROLL for (int i = 0; i < kWidth; ++i) r[i] = load_native(from[i] + lane);
            transpose(r);
            float* to = rows + lane * a.row + f;
            if (count == kWidth && lane >= a.first_lane && lane + kWidth <= a.end_lane) {
                CNN_UNROLL for (int i = 0; i < kWidth; ++i) store_unaligned(to + i * a.row, r[i]);
                continue;
            }
            alignas(64) float values[kWidth][kWidth];
            CNN_UNROLL for (int i = 0; i < kWidth; ++i) store_unaligned(values[i], r[i]);
            for (std::ptrdiff_t i = 0; i < kWidth; ++i) {
                if (lane + i < a.first_lane || lane + i >= a.end_lane) continue;
                for (std::ptrdiff_t j = 0; j < count; ++j) to[i * a.row + j] = values[i][j];
            }
        }
    }
}

void rows_to_lanes(const BlockLayout& a, const float* rows, float* lanes) {
    const std::ptrdiff_t features = a.channels * a.positions;
    Feature feature;
    for (std::ptrdiff_t f = 0; f < features; f += kWidth) {
        float* to[kWidth];
        const std::ptrdiff_t count = f + kWidth < features ? kWidth : features - f;
        for (std::ptrdiff_t i = 0; i < count; ++i) {
            to[i] = lanes + feature.at(a);
            feature.next(a);
        }
        for (std::ptrdiff_t lane = a.first_lane; lane < a.end_lane; lane += kWidth) {
            Native r[kWidth];
            const float* from = rows + lane * a.row + f;
            if (count == kWidth && lane + kWidth <= a.end_lane) {
                CNN_UNROLL for (int i = 0; i < kWidth; ++i) r[i] = load_unaligned(from + i * a.row);
            } else {
                alignas(64) float values[kWidth][kWidth] = {};
                for (std::ptrdiff_t i = 0; i < kWidth && lane + i < a.end_lane; ++i) {
                    for (std::ptrdiff_t j = 0; j < count; ++j) values[i][j] = from[i * a.row + j];
                }
                CNN_UNROLL for (int i = 0; i < kWidth; ++i) r[i] = load_unaligned(values[i]);
            }
            transpose(r);
            if (count == kWidth) {
                CNN_UNROLL for (int i = 0; i < kWidth; ++i) store_unaligned(to[i] + lane, r[i]);
            } else {
                CNN_UNROLL for (int i = 0; i < kWidth; ++i) {
                    if (i < count) store_unaligned(to[i] + lane, r[i]);
                }
            }
        }
    }
}

}  // namespace

extern const LayoutBody layout_body = {lanes_to_rows, rows_to_lanes};

}  // namespace CNN_ISA
}  // namespace cnn
