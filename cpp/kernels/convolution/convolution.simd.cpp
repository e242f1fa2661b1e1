#include "core/lane_tile.h"
#include "kernels/convolution/convolution_body.h"
#include "kernels/convolution/gradient_tiles.h"

namespace cnn {
namespace CNN_ISA {
namespace {

template <int T, int P>
CNN_INLINE void compute_positions(const ConvolutionRows& a, const float* x, const float* w, float* y,
                                  const TapWalk& walk) {
    Sums<T, P> sums;
    CNN_UNROLL for (int t = 0; t < T; ++t) {
        CNN_UNROLL for (int p = 0; p < P; ++p) {
            sums.at[t][p] = a.accumulate ? load(y + t * a.output_channel + p * a.output_col)
                            : a.bias     ? broadcast(a.bias[t])
                                         : broadcast(0.0f);
        }
    }
    add_taps<T, P>(sums, x, w, walk);
    CNN_UNROLL for (int t = 0; t < T; ++t) {
        CNN_UNROLL for (int p = 0; p < P; ++p) {
            const Lanes value = a.relu ? rectify(sums.at[t][p]) : sums.at[t][p];
            store(y + t * a.output_channel + p * a.output_col, value);
        }
    }
}

// How many taps, and how they lie in the packed weights; where they lie in the input is left to the caller.
template <int T>
CNN_INLINE TapWalk walk_of_taps(const ConvolutionRows& a, const Taps& row, const Taps& col) {
    TapWalk walk{};
    walk.rows = row.count;
    walk.cols = col.count;
    walk.weight_channel = a.kernel_area * T;
    walk.weight_row = row.step * a.kernel_width * T;
    walk.weight_col = static_cast<std::ptrdiff_t>(col.step) * T;
    return walk;
}

template <int T>
void compute_rows(const ConvolutionRows& a) {
    constexpr int P = positions(T);
    for (std::ptrdiff_t oh = a.row_begin; oh < a.row_end; ++oh) {
        const Taps& row = a.rows[oh];
        for (std::ptrdiff_t ow = 0; ow < a.col_count;) {
            const Taps& col = a.cols[ow];
            if (a.skip_empty && row.count * col.count == 0) {
                ++ow;
                continue;
            }
            const float* x = a.input + row.input * a.input_row + col.input * a.input_col;
            const float* w = a.weights + (row.first * a.kernel_width + col.first) * T;
            float* y = a.output + oh * a.output_row + ow * a.output_col;
            TapWalk walk = walk_of_taps<T>(a, row, col);
            walk.channels = a.channels;
            walk.input_channel = a.input_channel;
            walk.input_row = row.input_step * a.input_row;
            walk.input_col = col.input_step * a.input_col;
            walk.input_position = a.advance * a.input_col;
            if (walk.rows * walk.cols == 1) {
                // One tap a channel: let the channels be the innermost loop.
                walk.cols = walk.channels;
                walk.input_col = walk.input_channel;
                walk.weight_col = walk.weight_channel;
                walk.channels = 1;
            }
            if (P > 1 && col.run >= P && ow + P <= a.col_count) {
                compute_positions<T, P>(a, x, w, y, walk);
                ow += P;
            } else {
                compute_positions<T, 1>(a, x, w, y, walk);
                ow += 1;
            }
        }
    }
}

void rows(const ConvolutionRows& a) {
    switch (a.tile) {
        case 1:
            return compute_rows<1>(a);
        case 2:
            return compute_rows<2>(a);
        case 3:
            return compute_rows<3>(a);
        default:
            break;
    }
    if constexpr (kMaxTile > 3) {
        switch (a.tile) {
            case 4:
                return compute_rows<4>(a);
            case 5:
                return compute_rows<5>(a);
            case 6:
                return compute_rows<6>(a);
            default:
                break;
        }
    }
    if constexpr (kMaxTile > 6) {
        switch (a.tile) {
            case 7:
                return compute_rows<7>(a);
            case 8:
                return compute_rows<8>(a);
            default:
                break;
        }
    }
}

// The same sums as rows(), through panels: the taps of some positions of one output row are copied side by
// side (im2col), a chunk of channels at a time so that they stay in the cache, and every tile of output
// channels runs over them. Only taps inside the input are copied and multiplied.
template <int T, int P>
CNN_INLINE void multiply_panels(const ConvolutionRows& a, const float* panels, std::ptrdiff_t panel_stride,
                                std::ptrdiff_t channels, const Taps& row, const Taps& col, const float* w,
                                float* y) {
    const std::ptrdiff_t taps = static_cast<std::ptrdiff_t>(row.count) * col.count;
    TapWalk walk = walk_of_taps<T>(a, row, col);
    walk.channels = channels;
    walk.input_channel = taps * kLanes;
    walk.input_row = col.count * static_cast<std::ptrdiff_t>(kLanes);
    walk.input_col = kLanes;
    walk.input_position = panel_stride;
    if (taps == 1) {
        walk.cols = channels;
        walk.weight_col = walk.weight_channel;
        walk.channels = 1;
    }
    compute_positions<T, P>(a, panels, w + (row.first * a.kernel_width + col.first) * T, y, walk);
}

template <int T>
void multiply_strip(const ConvolutionRows& a, const float* panels, std::ptrdiff_t panel_stride,
                    std::ptrdiff_t channels, std::ptrdiff_t oh, std::ptrdiff_t begin, std::ptrdiff_t end) {
    constexpr int P = positions(T);
    const Taps& row = a.rows[oh];
    for (std::ptrdiff_t ow = begin; ow < end;) {
        const Taps& col = a.cols[ow];
        if (a.skip_empty && row.count * col.count == 0) {
            ++ow;
            continue;
        }
        const float* panel = panels + (ow - begin) * panel_stride;
        float* y = a.output + oh * a.output_row + ow * a.output_col;
        if (P > 1 && col.run >= P && ow + P <= end) {
            multiply_panels<T, P>(a, panel, panel_stride, channels, row, col, a.weights, y);
            ow += P;
        } else {
            multiply_panels<T, 1>(a, panel, panel_stride, channels, row, col, a.weights, y);
            ow += 1;
        }
    }
}

template <int T = kMaxTile>
void multiply_tile(std::ptrdiff_t tile, const ConvolutionRows& a, const float* panels,
                   std::ptrdiff_t panel_stride, std::ptrdiff_t channels, std::ptrdiff_t oh,
                   std::ptrdiff_t begin, std::ptrdiff_t end) {
    if (tile == T) return multiply_strip<T>(a, panels, panel_stride, channels, oh, begin, end);
    if constexpr (T > 1) multiply_tile<T - 1>(tile, a, panels, panel_stride, channels, oh, begin, end);
}

// Row by row of the input, so that its lines are read one behind the other for all positions.
void fill_panels(const ConvolutionPanels& q, std::ptrdiff_t c0, std::ptrdiff_t channels, std::ptrdiff_t oh,
                 std::ptrdiff_t begin, std::ptrdiff_t end, float* panels) {
    const std::ptrdiff_t panel_stride = q.chunk * q.rows.kernel_area * kLanes;
    const Taps& row = q.rows.rows[oh];
    for (std::ptrdiff_t c = 0; c < channels; ++c) {
        const float* plane = q.rows.input + (c0 + c) * q.rows.input_channel;
        for (int r = 0; r < row.count; ++r) {
            const float* from = plane + (row.input + r * row.input_step) * q.rows.input_row;
            for (std::ptrdiff_t ow = begin; ow < end; ++ow) {
                const Taps& col = q.rows.cols[ow];
                float* to = panels + (ow - begin) * panel_stride + (c * row.count + r) * col.count * kLanes;
                for (int k = 0; k < col.count; ++k) {
                    store(to + k * kLanes, load(from + (col.input + k * col.input_step) * q.rows.input_col));
                }
            }
        }
    }
}

void panel_rows(const ConvolutionPanels& q, float* panels) {
    const std::ptrdiff_t panel_stride = q.chunk * q.rows.kernel_area * kLanes;
    for (std::ptrdiff_t oh = q.rows.row_begin; oh < q.rows.row_end; ++oh) {
        for (std::ptrdiff_t begin = 0; begin < q.rows.col_count; begin += q.strip) {
            const std::ptrdiff_t end =
                begin + q.strip < q.rows.col_count ? begin + q.strip : q.rows.col_count;
            for (std::ptrdiff_t c0 = 0; c0 < q.rows.channels; c0 += q.chunk) {
                const std::ptrdiff_t channels =
                    c0 + q.chunk < q.rows.channels ? q.chunk : q.rows.channels - c0;
                // Wide kernels read each line for many positions, from the first-level cache if these go by
                // one by one, and write more than they read. With AVX-512 neither was tried.
                const std::ptrdiff_t together = kParts > 1 && q.rows.kernel_width <= 3 ? end - begin : 1;
                for (std::ptrdiff_t ow = begin; ow < end; ow += together) {
                    fill_panels(q, c0, channels, oh, ow, ow + together, panels + (ow - begin) * panel_stride);
                }
                for (std::ptrdiff_t t = 0; t < q.tiles; ++t) {
                    const std::ptrdiff_t first = t * q.output_channels / q.tiles;
                    const std::ptrdiff_t tile = (t + 1) * q.output_channels / q.tiles - first;
                    ConvolutionRows a = q.rows;
                    a.tile = tile;
                    a.weights += first * a.channels * a.kernel_area + c0 * a.kernel_area * tile;
                    a.output += first * a.output_channel;
                    a.bias = a.bias ? a.bias + first : nullptr;
                    a.accumulate = c0 > 0;
                    a.relu = q.rows.relu && c0 + channels == a.channels;
                    multiply_tile(tile, a, panels, panel_stride, channels, oh, begin, end);
                }
            }
        }
    }
}

template <int T>
CNN_INLINE void add_inside(Sums<T, 1>& sums, const SampleProduct& a, const float* x, const float* g) {
    for (std::ptrdiff_t term = 0; term < a.terms;) {
        Mask inside;
        CNN_UNROLL for (int i = 0; i < kParts; ++i) {
            inside.part[i] =
                *reinterpret_cast<const NativeInt*>(a.inside + term / a.lanes * kLanes + i * kWidth);
        }
        for (std::ptrdiff_t lane = 0; lane < a.lanes; ++lane, ++term, x += kLanes, g += T) {
            const Lanes input = load(x);
            CNN_UNROLL for (int t = 0; t < T; ++t) {
                sums.at[t][0] = select(inside, sums.at[t][0] + broadcast(g[t]) * input, sums.at[t][0]);
            }
        }
    }
}

template <int T>
CNN_INLINE void add_products(const SampleProduct& a, const float* x, const float* g, bool first) {
    Sums<T, 1> sums;
    CNN_UNROLL for (int t = 0; t < T; ++t) {
        if (first) {
            sums.at[t][0] = broadcast(0.0f);
        } else {
            CNN_UNROLL for (int i = 0; i < kParts; ++i) {
                sums.at[t][0].part[i] = load_unaligned(a.sums + t * kLanes + i * kWidth);
            }
        }
    }
    if (a.inside == nullptr) {
        add_taps<T, 1>(sums, x, g, walk_of_terms<T>(a.terms, 0));
    } else {
        add_inside<T>(sums, a, x, g);
    }
    CNN_UNROLL for (int t = 0; t < T; ++t) store(a.sums + t * kLanes, sums.at[t][0]);
}

template <int T = kMaxTile>
void product_tile(const SampleProduct& a) {
    if (a.tile == T) return add_products<T>(a, a.panel, a.weights, a.first);
    if constexpr (T > 1) product_tile<T - 1>(a);
}

void sample_product(const SampleProduct& a) {
    product_tile(a);
}

float plane_sum(const float* grad_output, std::ptrdiff_t block_stride, std::ptrdiff_t blocks,
                std::ptrdiff_t positions_count, std::ptrdiff_t last_lanes) {
    Lanes total = broadcast(0.0f);
    for (std::ptrdiff_t b = 0; b < blocks; ++b) {
        Lanes block = broadcast(0.0f);
        for (std::ptrdiff_t p = 0; p < positions_count; ++p) {
            block = block + load(grad_output + b * block_stride + p * kLanes);
        }
        if (b + 1 == blocks) block = select(first_lanes(last_lanes), block, broadcast(0.0f));
        total = total + block;
    }
    return sum(total);
}

}  // namespace

extern const ConvolutionBody convolution_body = {kMaxTile,      rows,     panel_rows,     kMaxGradientTaps,
                                                 gradient_sums, gradient, sample_product, plane_sum};

}  // namespace CNN_ISA
}  // namespace cnn
