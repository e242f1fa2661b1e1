// The operations of each kind of node, in the file of its name: forward and backward for lanes of samples,
// and forward for one sample. The table of kinds.cpp has them all.
#pragma once

#include "program/emitter.h"
#include "program/single_emitter.h"

namespace cnn {

void emit_convolution(Emitter& e, const Node& node);
void emit_pooled_convolution(Emitter& e, const Node& node);
void emit_linear(Emitter& e, const Node& node);
void emit_max_pooling(Emitter& e, const Node& node);
void emit_average_pooling(Emitter& e, const Node& node);
void emit_activation(Emitter& e, const Node& node);
void emit_batch_normalization(Emitter& e, const Node& node);
void emit_flatten(Emitter& e, const Node& node);
void emit_dropout(Emitter& e, const Node& node);
void emit_log_softmax(Emitter& e, const Node& node);
void emit_custom(Emitter& e, const Node& node);
void emit_add(Emitter& e, const Node& node);
void emit_concat(Emitter& e, const Node& node);
void emit_slice(Emitter& e, const Node& node);

void single_convolution(SingleEmitter& e, const Node& node);
void single_pooled_convolution(SingleEmitter& e, const Node& node);
void single_linear(SingleEmitter& e, const Node& node);
void single_max_pooling(SingleEmitter& e, const Node& node);
void single_average_pooling(SingleEmitter& e, const Node& node);
void single_activation(SingleEmitter& e, const Node& node);
void single_batch_normalization(SingleEmitter& e, const Node& node);
void single_flatten(SingleEmitter& e, const Node& node);
void single_log_softmax(SingleEmitter& e, const Node& node);
void single_custom(SingleEmitter& e, const Node& node);
void single_add(SingleEmitter& e, const Node& node);
void single_concat(SingleEmitter& e, const Node& node);
void single_slice(SingleEmitter& e, const Node& node);

// Arrays that a loss reads and writes, of the samples of one run.
struct LossArrays {
    const std::int64_t* labels;
    const float* targets;
    float* losses;
    std::uint8_t* correct;
};
// Both return the result of a program that ends with them: log-probabilities, or the values of x.
const float* emit_nll(Emitter& e, int x, bool through_softmax, const LossArrays& arrays, Stage& loss);
const float* emit_squared_error(Emitter& e, int x, float factor, const LossArrays& arrays, Stage& loss);
// `called`: gets the call, to be made after `loss`, and the stage after it.
const float* emit_called_loss(Emitter& e, int x, const LossCall& call, const LossArrays& arrays, Stage& loss,
                              Segment& called);

}  // namespace cnn
