#include "kernels/upsampling/upsampling_body.h"
#include "simd/vector.h"

namespace cnn {
namespace CNN_ISA {
namespace {

// The first product is rounded by itself, so that no set may fuse the other one.
CNN_INLINE Lanes mixed(const Lanes& low, float low_weight, const Lanes& high, float high_weight) {
    return fused(broadcast(high_weight), high, broadcast(low_weight) * low);
}

void forward(const UpsamplingPlane& p, const float* input, float* output) {
    for (std::ptrdiff_t r = 0; r < p.row_count; ++r) {
        const SpreadTap& row = p.rows[r];
        const float* low = input + row.low * p.input_width * kLanes;
        const float* high = input + row.high * p.input_width * kLanes;
        for (std::ptrdiff_t c = 0; c < p.col_count; ++c, output += kLanes) {
            const SpreadTap& col = p.cols[c];
            if (!p.bilinear) {
                store(output, load(low + col.low * kLanes));
                continue;
            }
            const Lanes upper = mixed(load(low + col.low * kLanes), col.low_weight,
                                      load(low + col.high * kLanes), col.high_weight);
            const Lanes lower = mixed(load(high + col.low * kLanes), col.low_weight,
                                      load(high + col.high * kLanes), col.high_weight);
            store(output, mixed(upper, row.low_weight, lower, row.high_weight));
        }
    }
}

void backward(const UpsamplingGradientPlane& p, const float* grad_output, float* grad_input) {
    for (std::ptrdiff_t h = 0; h < p.row_count; ++h) {
        for (std::ptrdiff_t w = 0; w < p.col_count; ++w, grad_input += kLanes) {
            Lanes total = broadcast(0.0f);
            for (std::ptrdiff_t r = p.row_begin[h]; r < p.row_begin[h + 1]; ++r) {
                const float* from = grad_output + p.rows[r].place * p.output_width * kLanes;
                Lanes row = broadcast(0.0f);
                for (std::ptrdiff_t c = p.col_begin[w]; c < p.col_begin[w + 1]; ++c)
                    row = fused(broadcast(p.cols[c].weight), load(from + p.cols[c].place * kLanes), row);
                total = fused(broadcast(p.rows[r].weight), row, total);
            }
            store(grad_input, total);
        }
    }
}

}  // namespace

extern const UpsamplingBody upsampling_body = {forward, backward};

}  // namespace CNN_ISA
}  // namespace cnn
