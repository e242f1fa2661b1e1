// Between the arrays that people have and the blocks that the kernels work on: [block][features][16 samples].
// Dead lanes of the last block are filled with zeros.
#pragma once

#include "core/layout_body.h"
#include "core/op.h"

namespace cnn {

// (samples, features) row-major to blocks.
class ToLanes : public Op {
  public:
    ToLanes(std::ptrdiff_t features, const float* rows, float* lanes);
    std::ptrdiff_t tasks(const Context& context) const override { return block_count(context.samples); }
    void run(const Context& context, std::ptrdiff_t block, std::byte*) const override;

  private:
    const LayoutBody* body_;
    std::ptrdiff_t features_;
    const float* rows_;
    float* lanes_;
};

// Blocks to (samples, features), `row` floats from one sample to the next.
class FromLanes : public Op {
  public:
    FromLanes(std::ptrdiff_t features, const float* lanes, float* rows)
        : FromLanes(features, lanes, rows, features) {}
    FromLanes(std::ptrdiff_t features, const float* lanes, float* rows, std::ptrdiff_t row);
    std::ptrdiff_t tasks(const Context& context) const override { return block_count(context.samples); }
    void run(const Context& context, std::ptrdiff_t block, std::byte*) const override;

  private:
    const LayoutBody* body_;
    std::ptrdiff_t features_, row_;
    const float* lanes_;
    float* rows_;
};

// The same for int32 indices.
class IndexFromLanes : public Op {
  public:
    IndexFromLanes(std::ptrdiff_t features, const std::int32_t* lanes, std::int32_t* rows)
        : features_(features), lanes_(lanes), rows_(rows) {}
    std::ptrdiff_t tasks(const Context& context) const override { return block_count(context.samples); }
    void run(const Context& context, std::ptrdiff_t block, std::byte*) const override;

  private:
    std::ptrdiff_t features_;
    const std::int32_t* lanes_;
    std::int32_t* rows_;
};

class IndexToLanes : public Op {
  public:
    IndexToLanes(std::ptrdiff_t features, const std::int32_t* rows, std::int32_t* lanes)
        : features_(features), rows_(rows), lanes_(lanes) {}
    std::ptrdiff_t tasks(const Context& context) const override { return block_count(context.samples); }
    void run(const Context& context, std::ptrdiff_t block, std::byte*) const override;

  private:
    std::ptrdiff_t features_;
    const std::int32_t* rows_;
    std::int32_t* lanes_;
};

}  // namespace cnn
