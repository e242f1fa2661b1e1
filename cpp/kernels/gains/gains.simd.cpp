#include "kernels/gains/gains_body.h"
#include "simd/vector.h"

namespace cnn {
namespace CNN_ISA {
namespace {

// Each kind: y, its gradient by x, and the gradient of the number, added to `sum`.
struct Offset {
    static constexpr bool kReadsInput = false;
    static CNN_INLINE Lanes value(const Lanes& x, const Lanes& w) { return x + w; }
    static CNN_INLINE Lanes gradient(const Lanes&, const Lanes&, const Lanes& g) { return g; }
    static CNN_INLINE Lanes add(const Lanes&, const Lanes& g, const Lanes& sum) { return sum + g; }
};

struct Factor {
    static constexpr bool kReadsInput = false;
    static CNN_INLINE Lanes value(const Lanes& x, const Lanes& w) { return w * x; }
    static CNN_INLINE Lanes gradient(const Lanes&, const Lanes& w, const Lanes& g) { return w * g; }
    static CNN_INLINE Lanes add(const Lanes& x, const Lanes& g, const Lanes& sum) { return fused(g, x, sum); }
};

struct Slope {
    static constexpr bool kReadsInput = true;
    static CNN_INLINE Lanes value(const Lanes& x, const Lanes& w) {
        return select(greater(x, broadcast(0.0f)), x, w * x);
    }
    static CNN_INLINE Lanes gradient(const Lanes& x, const Lanes& w, const Lanes& g) {
        return select(greater(x, broadcast(0.0f)), g, w * g);
    }
    static CNN_INLINE Lanes add(const Lanes& x, const Lanes& g, const Lanes& sum) {
        return select(greater(x, broadcast(0.0f)), sum, fused(g, x, sum));
    }
};

template <class Kind>
void forward(const float* weights, std::ptrdiff_t step, std::ptrdiff_t count, const float* input,
             float* output) {
    for (std::ptrdiff_t i = 0; i < count; ++i) {
        const Lanes w = broadcast(weights[i * step]);
        store(output + i * kLanes, Kind::value(load(input + i * kLanes), w));
    }
}

template <class Kind>
void backward(const float* weights, std::ptrdiff_t step, std::ptrdiff_t count, const float* input,
              const float* grad_output, float* grad_input) {
    for (std::ptrdiff_t i = 0; i < count; ++i) {
        const Lanes w = broadcast(weights[i * step]), g = load(grad_output + i * kLanes);
        const Lanes x = Kind::kReadsInput ? load(input + i * kLanes) : g;
        store(grad_input + i * kLanes, Kind::gradient(x, w, g));
    }
}

// Row by row, then block by block, so that no running sum has all terms; what stands in the dead lanes of the
// last block is taken out.
template <class Kind>
float weight_gradient(const SlotBlocks& blocks, const SharedFeatures& f, const float* input,
                      const float* grad_output) {
    Lanes total = broadcast(0.0f);
    for (std::ptrdiff_t b = 0; b < blocks.count; ++b) {
        Lanes block = broadcast(0.0f);
        for (std::ptrdiff_t i = 0; i < f.counts[0]; ++i) {
            for (std::ptrdiff_t j = 0; j < f.counts[1]; ++j) {
                const std::ptrdiff_t from = b * blocks.stride + i * f.strides[0] + j * f.strides[1];
                Lanes row = broadcast(0.0f);
                for (std::ptrdiff_t k = 0; k < f.counts[2]; ++k) {
                    const std::ptrdiff_t at = from + k * f.strides[2];
                    const Lanes g = load(grad_output + at);
                    row = Kind::add(input ? load(input + at) : g, g, row);
                }
                block = block + row;
            }
        }
        if (b + 1 == blocks.count) block = select(first_lanes(blocks.last_lanes), block, broadcast(0.0f));
        total = total + block;
    }
    return sum(total);
}

template <class Kind>
constexpr GainBody body() {
    return {forward<Kind>, backward<Kind>, weight_gradient<Kind>};
}

}  // namespace

extern const GainBodies gains_bodies = {{body<Offset>(), body<Factor>(), body<Slope>()}};

}  // namespace CNN_ISA
}  // namespace cnn
