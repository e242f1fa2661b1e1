// Pictures of another size, by the nearest value or by bilinear interpolation, as PyTorch's `interpolate`
// does it.
//
//   nearest:  y[n,c,p,q] = x[n,c, floor(p * s), floor(q * s)], within x
//   bilinear: y[n,c,p,q] = sum over the two rows h and the two columns w beside (p', q') of their weights
//   times
//             x[n,c,h,w]; p' = p * s with aligned corners, else max(0, (p + 1/2) * s - 1/2)
//
// s: input size / output size, or 1 / scale where a scale was given; with aligned corners (input - 1) /
// (output - 1). Places and weights are computed in float32, as PyTorch's are for float32. x:
// [block][C][H][W][16]; y: [block][C][OH][OW][16]. All four values count, also with weight 0: a NaN or Inf
// reaches each output that lies beside it. The gradient of x is summed by input places, each over the outputs
// that read it, from the first to the last. One task per block and channel.
#pragma once

#include <memory>

#include "core/op.h"
#include "kernels/upsampling/upsampling_body.h"

namespace cnn {

struct UpsamplingShape {
    std::ptrdiff_t channels = 0, input_height = 0, input_width = 0, output_height = 0, output_width = 0;
    bool bilinear = false, align_corners = false;
    double scale_height = 0, scale_width = 0;  // 0: from the sizes

    std::ptrdiff_t input_plane() const { return input_height * input_width; }
    std::ptrdiff_t output_plane() const { return output_height * output_width; }
};

// Which input places each output place reads, and the other way round; of both axes.
struct UpsamplingPlan {
    explicit UpsamplingPlan(const UpsamplingShape& shape);
    UpsamplingShape shape;
    SpreadAxis rows, cols;
    GatherAxis back_rows, back_cols;
};

class UpsampleForward : public Op {
  public:
    UpsampleForward(std::shared_ptr<const UpsamplingPlan> plan, const float* input, float* output);
    std::ptrdiff_t tasks(const Context& context) const override {
        return block_count(context.samples) * plan_->shape.channels;
    }
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override;

  private:
    const UpsamplingBody* body_;
    std::shared_ptr<const UpsamplingPlan> plan_;
    const float* input_;
    float* output_;
};

class UpsampleBackward : public Op {
  public:
    UpsampleBackward(std::shared_ptr<const UpsamplingPlan> plan, const float* grad_output, float* grad_input);
    std::ptrdiff_t tasks(const Context& context) const override {
        return block_count(context.samples) * plan_->shape.channels;
    }
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override;

  private:
    const UpsamplingBody* body_;
    std::shared_ptr<const UpsamplingPlan> plan_;
    const float* grad_output_;
    float* grad_input_;
};

}  // namespace cnn
