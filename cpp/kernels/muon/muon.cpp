#include "kernels/muon/muon.h"

#include <algorithm>
#include <cmath>

#include "core/tiles.h"
#include "kernels/gemm/gemm.h"
#include "kernels/muon/muon_body.h"

namespace cnn {
namespace {

constexpr std::ptrdiff_t kChunk = 8192;  // elements of a task

std::ptrdiff_t chunks(std::ptrdiff_t count) {
    return (count + kChunk - 1) / kChunk;
}

// out = share_x * x + share_y * y, element by element.
class Mix : public Op {
  public:
    Mix(std::ptrdiff_t count, float share_x, const float* x, float share_y, const float* y, float* out)
        : body_(CNN_SELECT_BODY(muon_body)),
          count_(count),
          share_x_(share_x),
          share_y_(share_y),
          x_(x),
          y_(y),
          out_(out) {}
    std::ptrdiff_t tasks(const Context&) const override { return chunks(count_); }
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override {
        const std::ptrdiff_t begin = task * kChunk, size = std::min(kChunk, count_ - begin);
        body_->mix(share_x_, x_ + begin, share_y_, y_ + begin, out_ + begin, size);
    }

  private:
    const MuonBody* body_;
    std::ptrdiff_t count_;
    float share_x_, share_y_;
    const float *x_, *y_;
    float* out_;
};

// out = x / max(|x|, eps); one task, so that the sum has one order.
class Normalize : public Op {
  public:
    Normalize(std::ptrdiff_t count, float eps, const float* x, float* out)
        : count_(count), eps_(eps), x_(x), out_(out) {}
    std::ptrdiff_t tasks(const Context&) const override { return 1; }
    void run(const Context&, std::ptrdiff_t, std::byte*) const override {
        constexpr std::ptrdiff_t kSums = 8;  // that do not wait for each other
        double sums[kSums] = {};
        std::ptrdiff_t i = 0;
        for (; i + kSums <= count_; i += kSums) {
            for (std::ptrdiff_t k = 0; k < kSums; ++k)
                sums[k] += static_cast<double>(x_[i + k]) * static_cast<double>(x_[i + k]);
        }
        for (std::ptrdiff_t k = 0; i < count_; ++i, ++k)
            sums[k] += static_cast<double>(x_[i]) * static_cast<double>(x_[i]);
        double total = 0.0;
        for (const double sum : sums) total += sum;
        const double norm = std::sqrt(total), least = static_cast<double>(eps_);
        const auto scale = static_cast<float>(1.0 / (norm < least ? least : norm));
        for (i = 0; i < count_; ++i) out_[i] = scale * x_[i];
    }

  private:
    std::ptrdiff_t count_;
    float eps_;
    const float* x_;
    float* out_;
};

// What is left of the diagonal, of what is right of it.
class Mirror : public Op {
  public:
    Mirror(std::ptrdiff_t side, float* square) : side_(side), square_(square) {}
    std::ptrdiff_t tasks(const Context&) const override { return ceil_divide(side_, kLanes); }
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override {
        const std::ptrdiff_t begin = task * kLanes, end = std::min(begin + kLanes, side_);
        for (std::ptrdiff_t j = 0; j < end; ++j) {
            for (std::ptrdiff_t i = std::max(begin, j + 1); i < end; ++i) {
                square_[i * side_ + j] = square_[j * side_ + i];
            }
        }
    }

  private:
    std::ptrdiff_t side_;
    float* square_;
};

// The matrices that an iteration needs.
struct Buffers {
    Buffers(std::ptrdiff_t rows, std::ptrdiff_t columns)
        : count(rows * columns),
          side(std::min(rows, columns)),
          is_tall(rows > columns),
          gram_shape(product(side, side, is_tall ? rows : columns, columns, columns, is_tall, !is_tall)),
          square_shape(product(side, side, side, side, side, false, false)),
          next_shape(is_tall ? product(rows, columns, side, columns, side, false, false)
                             : product(rows, columns, side, side, columns, false, false)) {
        next_shape.accumulate = true;
        gram_shape.upper = square_shape.upper = true;
    }

    void place(float* scratch) {
        x = scratch;
        next = x + lines(count);
        gram = next + lines(count);
        square = gram + lines(side * side);
        packed = square + lines(side * side);
    }

    // Whole cache lines, since packed panels have to begin with one.
    static std::ptrdiff_t lines(std::ptrdiff_t floats) { return (floats + kLanes - 1) / kLanes * kLanes; }

    static GemmShape product(std::ptrdiff_t rows, std::ptrdiff_t columns, std::ptrdiff_t terms,
                             std::ptrdiff_t lead_a, std::ptrdiff_t lead_b, bool transpose_a,
                             bool transpose_b) {
        GemmShape shape{};
        shape.rows = rows;
        shape.columns = shape.lead_c = columns;
        shape.terms = terms;
        shape.lead_a = lead_a;
        shape.lead_b = lead_b;
        shape.transpose_a = transpose_a;
        shape.transpose_b = transpose_b;
        return shape;
    }

    std::ptrdiff_t size() const {
        const std::ptrdiff_t panels = std::max(
            {gemm_packed_size(gram_shape), gemm_packed_size(square_shape), gemm_packed_size(next_shape)});
        return 2 * lines(count) + 2 * lines(side * side) + panels;
    }

    std::ptrdiff_t count, side;
    bool is_tall;
    GemmShape gram_shape, square_shape, next_shape;
    float *x = nullptr, *next = nullptr, *gram = nullptr, *square = nullptr, *packed = nullptr;
};

}  // namespace

std::ptrdiff_t muon_scratch(std::ptrdiff_t rows, std::ptrdiff_t columns) {
    return Buffers(rows, columns).size();
}

std::vector<std::unique_ptr<Op>> muon_step(std::ptrdiff_t rows, std::ptrdiff_t columns, float* parameter,
                                           const float* gradient, float* momentum, float* scratch,
                                           const MuonSettings& k) {
    Buffers own(rows, columns);
    own.place(scratch);
    std::vector<std::unique_ptr<Op>> ops;
    const auto multiply = [&](const GemmShape& shape, const float* a, const float* b, float* c) {
        ops.push_back(std::make_unique<PackGemmPanels>(shape, b, own.packed));
        ops.push_back(std::make_unique<Gemm>(shape, a, own.packed, c));
    };
    // Of a symmetric product, whose elements (i, j) and (j, i) add the same products in the same order.
    const auto multiply_symmetric = [&](const GemmShape& shape, const float* a, const float* b, float* c) {
        multiply(shape, a, b, c);
        ops.push_back(std::make_unique<Mirror>(own.side, c));
    };
    const auto mix = [&](std::ptrdiff_t count, float share_x, const float* x, float share_y, const float* y,
                         float* out) {
        ops.push_back(std::make_unique<Mix>(count, share_x, x, share_y, y, out));
    };
    mix(own.count, k.momentum, momentum, k.new_share, gradient, momentum);
    if (k.nesterov) mix(own.count, k.momentum, momentum, k.new_share, gradient, own.x);
    ops.push_back(std::make_unique<Normalize>(own.count, k.eps, k.nesterov ? own.x : momentum, own.x));
    for (int step = 0; step < k.steps; ++step) {
        multiply_symmetric(own.gram_shape, own.x, own.x, own.gram);
        multiply_symmetric(own.square_shape, own.gram, own.gram, own.square);
        mix(own.side * own.side, k.b, own.gram, k.c, own.square, own.gram);
        mix(own.count, k.a, own.x, 0.0f, own.x, own.next);
        const float* left = own.is_tall ? own.x : own.gram;
        const float* right = own.is_tall ? own.gram : own.x;
        multiply(own.next_shape, left, right, own.next);
        std::swap(own.x, own.next);
    }
    mix(own.count, k.kept_weight, parameter, -k.rate, own.x, parameter);
    return ops;
}

}  // namespace cnn
