#include "program/kinds.h"

#include <limits>
#include <stdexcept>

namespace cnn {
namespace {

constexpr std::size_t kMany = std::numeric_limits<std::size_t>::max();

// In the order of the enumeration.
constexpr KindRow kRows[] = {
    {Kind::kConvolution, "convolution", 1, check_convolution, emit_convolution, single_convolution},
    {Kind::kPooledConvolution, nullptr, 1, nullptr, emit_pooled_convolution, single_pooled_convolution},
    {Kind::kLinear, "linear", 1, check_linear, emit_linear, single_linear},
    {Kind::kMaxPooling, "max_pooling", 1, check_max_pooling, emit_max_pooling, single_max_pooling},
    {Kind::kAveragePooling, "average_pooling", 1, check_average_pooling, emit_average_pooling,
     single_average_pooling},
    {Kind::kActivation, "activation", 1, check_activation, emit_activation, single_activation},
    {Kind::kBatchNormalization, "batch_normalization", 1, check_batch_normalization, emit_batch_normalization,
     single_batch_normalization},
    {Kind::kFlatten, "flatten", 1, check_flatten, emit_flatten, single_flatten},
    {Kind::kDropout, "dropout", 1, check_dropout, emit_dropout, nullptr},
    {Kind::kLogSoftmax, "log_softmax", 1, check_log_softmax, emit_log_softmax, single_log_softmax},
    {Kind::kCustom, "custom", 1, check_custom, emit_custom, single_custom},
    {Kind::kAdd, "add", kMany, check_add, emit_add, single_add},
    {Kind::kConcat, "concat", kMany, check_concat, emit_concat, single_concat},
    {Kind::kSlice, "slice", 1, check_slice, emit_slice, single_slice},
};

constexpr bool is_in_order() {
    std::size_t index = 0;
    for (const KindRow& row : kRows)
        if (static_cast<std::size_t>(row.kind) != index++) return false;
    return true;
}
static_assert(is_in_order());

}  // namespace

const KindRow& row_of(Kind kind) {
    return kRows[static_cast<std::size_t>(kind)];
}

const KindRow& row_named(const std::string& name) {
    std::string known;
    for (const KindRow& row : kRows) {
        if (row.name == nullptr) continue;
        if (name == row.name) return row;
        known += (known.empty() ? "" : ", ") + std::string(row.name);
    }
    throw std::invalid_argument("kind: expected one of " + known + "; got '" + name + "'");
}

}  // namespace cnn
