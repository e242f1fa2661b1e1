#include "kernels/augmentation/augmentation_body.h"
#include "simd/vector.h"

namespace cnn {
namespace CNN_ISA {
namespace {

CNN_INLINE Native at_least(Native x, float bound) {
    return select_native(x < bound, broadcast_native(bound), x);
}

CNN_INLINE Native at_most(Native x, float bound) {
    return select_native(x > bound, broadcast_native(bound), x);
}

CNN_INLINE Native to_float(NativeInt x) {
    return __builtin_convertvector(x, Native);
}

// The four bytes from base + offset on.
CNN_INLINE NativeInt gather_words(const std::uint8_t* base, NativeInt offsets) {
#if defined(__AVX512F__)
    return reinterpret_cast<NativeInt>(_mm512_mask_i32gather_epi32(
        _mm512_setzero_si512(), 0xffff, reinterpret_cast<__m512i>(offsets), base, 1));
#elif defined(__AVX2__)
    return reinterpret_cast<NativeInt>(
        _mm256_i32gather_epi32(reinterpret_cast<const int*>(base), reinterpret_cast<__m256i>(offsets), 1));
#else
    NativeInt words;
    for (int i = 0; i < kWidth; ++i) {
        std::int32_t word;
        __builtin_memcpy(&word, base + offsets[i], sizeof(word));
        words[i] = word;
    }
    return words;
#endif
}

// The values at an offset and one pixel to the right.
struct Two {
    Native left, right;
};
CNN_INLINE Two two_pixels(const std::uint8_t* base, NativeInt offsets) {
    const NativeInt words = gather_words(base, offsets);
    return {to_float(words & 255), to_float((words >> 8) & 255)};
}
CNN_INLINE Two two_pixels(const float* base, NativeInt offsets) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(base);
    return {reinterpret_cast<Native>(gather_words(bytes, offsets * 4)),
            reinterpret_cast<Native>(gather_words(bytes, offsets * 4 + 4))};
}

CNN_INLINE Native between(Native a, Native b, Native share) {
    return fused(share, b - a, a);
}

// Folded at 0 and at `last` where the image is mirrored; in either case within what the border holds.
template <bool kMirrored>
CNN_INLINE Native within(Native x, std::ptrdiff_t size) {
    const float last = static_cast<float>(size - 1);
    if (!kMirrored) return at_most(at_least(x, -1.0f), last + 1.0f) + 1.0f;
    x = select_native(x < 0.0f, -x, x);
    x = select_native(x > last, 2.0f * last - x, x);
    return at_most(at_least(x, 0.0f), last) + 1.0f;
}

// The four rows of points that count in a row of pixels, weighted.
CNN_INLINE void weigh_rows(const WarpArguments& a, std::ptrdiff_t y) {
    const float* weights = a.spline + y % a.spacing * 4;
    const std::ptrdiff_t row = a.columns * 2 * kLanes;
    const float* points = a.field + y / a.spacing * row;
    for (std::ptrdiff_t i = 0; i < row; i += kWidth) {
        Native sum = load_native(points + i) * weights[0];
        CNN_UNROLL for (int k = 1; k < 4; ++k) sum =
            fused(weights[k], load_native(points + k * row + i), sum);
        *reinterpret_cast<Native*>(a.field_row + i) = sum;
    }
}

template <class T, bool kMirrored, bool kField>
CNN_INLINE void warp_row(const WarpArguments& a, std::ptrdiff_t y, int part) {
    const std::ptrdiff_t first = part * kWidth;
    const auto* images = static_cast<const T*>(a.images) + first * a.lane;
    const auto map = [&](int number) { return load_native(a.map + number * kLanes + first); };
    const Native row = broadcast_native(static_cast<float>(y));
    const Native mx = map(0), my = map(3);
    const Native start_x = fused(map(1), row, map(2)), start_y = fused(map(4), row, map(5));
    NativeInt lanes;
    CNN_UNROLL for (int i = 0; i < kWidth; ++i) lanes[i] = static_cast<std::int32_t>(i * a.lane);
    const std::int32_t row_step = static_cast<std::int32_t>(a.row);
    const std::ptrdiff_t plane = a.height * a.width * kLanes;
    float* out = a.out + y * a.width * kLanes + first;
    for (std::ptrdiff_t x = 0; x < a.width; ++x, out += kLanes) {
        const float column = static_cast<float>(x);
        Native u = fused(column, mx, start_x), v = fused(column, my, start_y);
        if (kField) {
            const float* weights = a.spline + x % a.spacing * 4;
            const float* points = a.field_row + x / a.spacing * 2 * kLanes + first;
            CNN_UNROLL for (int k = 0; k < 4; ++k) {
                u = fused(weights[k], load_native(points + k * 2 * kLanes), u);
                v = fused(weights[k], load_native(points + (k * 2 + 1) * kLanes), v);
            }
        }
        u = within<kMirrored>(u, a.width);
        v = within<kMirrored>(v, a.height);
        const NativeInt left = __builtin_convertvector(u, NativeInt),
                        top = __builtin_convertvector(v, NativeInt);
        const Native right_share = u - to_float(left), lower_share = v - to_float(top);
        const NativeInt offsets = lanes + top * row_step + left;
        for (std::ptrdiff_t c = 0; c < a.channels; ++c) {
            const T* channel = images + c * a.plane;
            const Two upper = two_pixels(channel, offsets), lower = two_pixels(channel + a.row, offsets);
            const Native value = between(between(upper.left, upper.right, right_share),
                                         between(lower.left, lower.right, right_share), lower_share);
            const Native scale = broadcast_native(a.scale ? a.scale[c] : 1.0f);
            const Native offset = broadcast_native(a.scale ? a.offset[c] : 0.0f);
            *reinterpret_cast<Native*>(out + c * plane) = fused(value, scale, offset);
        }
    }
}

template <class T, bool kMirrored, bool kField>
void warp_images(const WarpArguments& a) {
    for (std::ptrdiff_t y = 0; y < a.height; ++y) {
        if (kField) weigh_rows(a, y);
        for (int part = 0; part < kParts; ++part) warp_row<T, kMirrored, kField>(a, y, part);
    }
}

template <class T, bool kMirrored>
void warp_of(const WarpArguments& a) {
    a.field ? warp_images<T, kMirrored, true>(a) : warp_images<T, kMirrored, false>(a);
}

void warp(const WarpArguments& a) {
    if (a.are_bytes) {
        a.mirrored ? warp_of<std::uint8_t, true>(a) : warp_of<std::uint8_t, false>(a);
    } else {
        a.mirrored ? warp_of<float, true>(a) : warp_of<float, false>(a);
    }
}

void change_colours(const FinishArguments& a) {
    const auto number = [&](std::ptrdiff_t i) { return load(a.colours + i * kLanes); };
    if (a.channels != 3) {
        const Lanes factor = number(0), added = number(1);
        for (std::ptrdiff_t i = 0; i < a.channels * a.pixels; ++i)
            store(a.values + i * kLanes, fused(factor, load(a.values + i * kLanes), added));
        return;
    }
    const Lanes added = number(9);
    const std::ptrdiff_t plane = a.pixels * kLanes;
    for (std::ptrdiff_t p = 0; p < a.pixels; ++p) {
        float* at = a.values + p * kLanes;
        const Lanes red = load(at), green = load(at + plane), blue = load(at + 2 * plane);
        for (std::ptrdiff_t c = 0; c < 3; ++c) {
            const Lanes mixed = fused(number(c * 3 + 2), blue, added);
            store(at + c * plane, fused(number(c * 3), red, fused(number(c * 3 + 1), green, mixed)));
        }
    }
}

typedef std::uint32_t NativeWord __attribute__((vector_size(kWidth * 4), may_alias));
typedef std::uint64_t NativeLong __attribute__((vector_size(kWidth * 4), may_alias));

// The products of the lower halves of 64-bit numbers.
CNN_INLINE NativeLong wide_product(NativeLong a, NativeLong b) {
#if defined(__AVX512F__)
    return reinterpret_cast<NativeLong>(
        _mm512_maskz_mul_epu32(0xff, reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
#elif defined(__AVX2__)
    return reinterpret_cast<NativeLong>(
        _mm256_mul_epu32(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b)));
#elif defined(__SSE2__)
    return reinterpret_cast<NativeLong>(
        _mm_mul_epu32(reinterpret_cast<__m128i>(a), reinterpret_cast<__m128i>(b)));
#else
    return (a & 0xffffffffu) * (b & 0xffffffffu);
#endif
}

struct Product {
    NativeWord high, low;
};
CNN_INLINE Product product(NativeWord x, std::uint32_t factor) {
    const NativeLong f = NativeLong{} + factor, pairs = reinterpret_cast<NativeLong>(x);
    const NativeLong even = wide_product(pairs, f), odd = wide_product(pairs >> 32, f);
    const NativeLong upper = NativeLong{} + 0xffffffff00000000u;
    return {reinterpret_cast<NativeWord>((even >> 32) | (odd & upper)),
            reinterpret_cast<NativeWord>((even & ~upper) | (odd << 32))};
}

// Philox 4x32-10 of random/philox.h for several images side by side.
CNN_INLINE void philox(const FinishArguments& a, std::uint32_t unit, NativeWord images, NativeWord* words) {
    std::uint32_t key0 = a.key[0], key1 = a.key[1];
    words[0] = NativeWord{} + unit;
    words[1] = images;
    words[2] = NativeWord{} + a.epoch;
    words[3] = NativeWord{} + a.purpose;
    CNN_UNROLL for (int round = 0; round < 10; ++round) {
        const Product first = product(words[0], 0xD2511F53u), second = product(words[2], 0xCD9E8D57u);
        words[0] = second.high ^ words[1] ^ key0;
        words[1] = second.low;
        words[2] = first.high ^ words[3] ^ key1;
        words[3] = first.low;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
}

// Of four bytes the sum less its mean: nearly normal, after Irwin & Hall.
CNN_INLINE Native bell(NativeWord word) {
    const NativeWord pairs = (word & 0x00ff00ffu) + ((word >> 8) & 0x00ff00ffu);
    const NativeWord sum = (pairs & 0xffffu) + (pairs >> 16);
    return to_float(reinterpret_cast<NativeInt>(sum)) - 510.0f;
}
constexpr float kBellDeviation = 147.80054f;  // sqrt(4 (256^2 - 1) / 12)

void finish(const FinishArguments& a) {
    if (a.colours) change_colours(a);
    const std::ptrdiff_t count = a.channels * a.pixels;
    for (int part = 0; part < kParts; ++part) {
        const std::ptrdiff_t first = part * kWidth;
        NativeWord images;
        CNN_UNROLL for (int i = 0; i < kWidth; ++i) images[i] =
            static_cast<std::uint32_t>(a.images[first + i]);
        const Native deviation = a.noise ? load_native(a.noise + first) * (1.0f / kBellDeviation) : Native{};
        std::ptrdiff_t channel = 0, left = a.pixels;
        for (std::ptrdiff_t i = 0; i < count; i += 4) {
            NativeWord words[4];
            if (a.noise) philox(a, static_cast<std::uint32_t>(i / 4), images, words);
            for (std::ptrdiff_t k = 0; k < 4 && i + k < count; ++k) {
                if (left == 0) {
                    ++channel;
                    left = a.pixels;
                }
                --left;
                auto* at = reinterpret_cast<Native*>(a.values + (i + k) * kLanes + first);
                Native value = *at;
                if (a.noise) value = fused(bell(words[k]), deviation, value);
                value = at_most(at_least(value, 0.0f), 255.0f);
                *at = fused(value, broadcast_native(a.scale[channel]), broadcast_native(a.offset[channel]));
            }
        }
    }
}

}  // namespace

extern const AugmentationBody augmentation_body = {warp, finish};

}  // namespace CNN_ISA
}  // namespace cnn
