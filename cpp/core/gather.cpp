#include "core/gather.h"

namespace cnn {
namespace {

template <class T, class Convert>
void assemble(const T* const* images, std::ptrdiff_t live, std::ptrdiff_t plane, float* out,
              Convert convert) {
    for (std::ptrdiff_t p = 0; p < plane; ++p, out += kLanes) {
        if (live == kLanes) {
            for (std::ptrdiff_t lane = 0; lane < kLanes; ++lane) out[lane] = convert(images[lane][p]);
        } else {
            for (std::ptrdiff_t lane = 0; lane < kLanes; ++lane) {
                out[lane] = lane < live ? convert(images[lane][p]) : 0.0f;
            }
        }
    }
}

}  // namespace

void Gather::run(const Context& context, std::ptrdiff_t task, std::byte*) const {
    const std::ptrdiff_t block = task / channels_, channel = task % channels_;
    const std::ptrdiff_t live = live_lanes(context.samples, block);
    std::ptrdiff_t offsets[kLanes] = {};
    for (std::ptrdiff_t lane = 0; lane < live; ++lane) {
        const std::ptrdiff_t sample = block * kLanes + lane;
        const std::int64_t image = source_->indices ? source_->indices[sample] : source_->first + sample;
        offsets[lane] = (image * channels_ + channel) * plane_;
    }
    float* out = out_ + task * plane_ * kLanes;
    if (source_->bytes) {
        const std::uint8_t* images[kLanes] = {};
        for (std::ptrdiff_t lane = 0; lane < live; ++lane) images[lane] = source_->bytes + offsets[lane];
        const float* table = table_ + channel * 256;
        assemble(images, live, plane_, out, [table](std::uint8_t byte) { return table[byte]; });
    } else {
        const float* images[kLanes] = {};
        for (std::ptrdiff_t lane = 0; lane < live; ++lane) images[lane] = source_->floats + offsets[lane];
        assemble(images, live, plane_, out, [](float value) { return value; });
    }
}

}  // namespace cnn
