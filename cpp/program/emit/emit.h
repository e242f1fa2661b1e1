// The operations of each kind of node, in the file of its name: forward and backward for lanes of samples,
// and forward for one sample. kinds_list.h names them all.
#pragma once

#include "kernels/loss/described_loss.h"
#include "program/emitter.h"
#include "program/single_emitter.h"

namespace cnn {

#define CNN_KIND_OF_LANES(kind, name, most_inputs) void emit_##name(Emitter& e, const Node& node);
#define CNN_KIND_OF_FUSION(kind, name)              \
    void emit_##name(Emitter& e, const Node& node); \
    void single_##name(SingleEmitter& e, const Node& node);
#define CNN_KIND(kind, name, most_inputs) CNN_KIND_OF_FUSION(kind, name)
#include "program/kinds_list.h"

// Throws std::invalid_argument unless each index of a plane lies in its window, or is -1 where there may be
// none: a gradient is sent there, and what lies elsewhere was not made by the forward pass.
void check_places(const PoolingShape& shape, std::ptrdiff_t samples, const std::int32_t* indices,
                  bool or_none);

// Arrays that a loss reads and writes, of the samples of one run.
struct LossArrays {
    const std::int64_t* labels;
    const float* targets;
    float* losses;
    std::uint8_t* correct;
    // Of a mixup: what the partners' losses read and write, and the share of each sample; else null.
    const LossArrays* partner = nullptr;
    const float* shares = nullptr;
};
// All return the result of a program that ends with them: log-probabilities, or the values of x.
const float* emit_nll(Emitter& e, int x, bool through_softmax, const LossArrays& arrays, Stage& loss);
const float* emit_squared_error(Emitter& e, int x, float factor, const LossArrays& arrays, Stage& loss);
const float* emit_described_loss(Emitter& e, int x, const LossForm& form, const LossArrays& arrays,
                                 Stage& loss);
// `called`: gets the call, to be made after `loss`, and the stage after it.
const float* emit_called_loss(Emitter& e, int x, const LossCall& call, const LossArrays& arrays, Stage& loss,
                              Segment& called);

}  // namespace cnn
