#include "program/emit/emit.h"

namespace cnn {

void emit_node(Emitter& e, const Node& node) {
    switch (node.kind) {
        case Kind::kConvolution:
            return emit_convolution(e, node);
        case Kind::kPooledConvolution:
            return emit_pooled_convolution(e, node);
        case Kind::kLinear:
            return emit_linear(e, node);
        case Kind::kMaxPooling:
            return emit_max_pooling(e, node);
        case Kind::kAveragePooling:
            return emit_average_pooling(e, node);
        case Kind::kActivation:
            return emit_activation(e, node);
        case Kind::kBatchNormalization:
            return emit_batch_normalization(e, node);
        case Kind::kFlatten:
            return emit_flatten(e, node);
        case Kind::kDropout:
            return emit_dropout(e, node);
        case Kind::kLogSoftmax:
            return emit_log_softmax(e, node);
        case Kind::kForeign:
            return emit_foreign(e, node);
        case Kind::kAdd:
            return emit_add(e, node);
        case Kind::kConcat:
            return emit_concat(e, node);
        case Kind::kSlice:
            return emit_slice(e, node);
    }
}

}  // namespace cnn
