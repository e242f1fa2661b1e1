#include "kernels/response_normalization/response_normalization.h"

#include <algorithm>

#include "core/slices.h"

namespace cnn {
namespace {

std::ptrdiff_t together(std::ptrdiff_t channels) {
    return std::max<std::ptrdiff_t>(1, kSliceFeatures / channels);
}

std::ptrdiff_t parts(std::ptrdiff_t channels, std::ptrdiff_t positions) {
    return (positions + together(channels) - 1) / together(channels);
}

struct Part {
    std::ptrdiff_t offset;  // of its first float
    ResponsePositions positions;
};

Part part_of(std::ptrdiff_t channels, std::ptrdiff_t positions, std::ptrdiff_t task) {
    const std::ptrdiff_t count = parts(channels, positions), block = task / count;
    const std::ptrdiff_t begin = task % count * together(channels);
    return {(block * channels * positions + begin) * kLanes,
            {channels, positions * kLanes, std::min(together(channels), positions - begin)}};
}

}  // namespace

ResponseNormalization::ResponseNormalization(const ResponseSettings& settings, std::ptrdiff_t channels,
                                             std::ptrdiff_t positions, const float* input, float* output)
    : body_(CNN_SELECT_BODY(response_normalization_body)),
      settings_(settings),
      channels_(channels),
      positions_(positions),
      input_(input),
      output_(output) {}

std::ptrdiff_t ResponseNormalization::tasks(const Context& context) const {
    return block_count(context.samples) * parts(channels_, positions_);
}

void ResponseNormalization::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    const Part part = part_of(channels_, positions_, task);
    body_->forward(settings_, part.positions, input_ + part.offset, output_ + part.offset);
}

ResponseNormalizationBackward::ResponseNormalizationBackward(const ResponseSettings& settings,
                                                             std::ptrdiff_t channels,
                                                             std::ptrdiff_t positions, const float* input,
                                                             const float* grad_output, float* grad_input)
    : body_(CNN_SELECT_BODY(response_normalization_body)),
      settings_(settings),
      channels_(channels),
      positions_(positions),
      input_(input),
      grad_output_(grad_output),
      grad_input_(grad_input) {}

std::ptrdiff_t ResponseNormalizationBackward::tasks(const Context& context) const {
    return block_count(context.samples) * parts(channels_, positions_);
}

std::size_t ResponseNormalizationBackward::scratch_bytes() const {
    return static_cast<std::size_t>(2 * channels_ * kLanes) * sizeof(float);
}

void ResponseNormalizationBackward::run(const Context&, std::ptrdiff_t task, std::byte* scratch) const {
    const Part part = part_of(channels_, positions_, task);
    body_->backward(settings_, part.positions, input_ + part.offset, grad_output_ + part.offset,
                    grad_input_ + part.offset, reinterpret_cast<float*>(scratch));
}

}  // namespace cnn
