#include "program/kinds.h"

#include <limits>
#include <stdexcept>

namespace cnn {
namespace {

constexpr std::size_t kManyInputs = std::numeric_limits<std::size_t>::max();

#define CNN_KIND(kind, name, most_inputs) \
    {Kind::kind, #name, most_inputs, check_##name, emit_##name, single_##name},
#define CNN_KIND_OF_LANES(kind, name, most_inputs) \
    {Kind::kind, #name, most_inputs, check_##name, emit_##name, nullptr},
#define CNN_KIND_OF_FUSION(kind, name) {Kind::kind, nullptr, 1, nullptr, emit_##name, single_##name},
constexpr KindRow kRows[] = {
#include "program/kinds_list.h"
};

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
