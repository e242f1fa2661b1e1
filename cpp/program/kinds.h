// The one table of the kinds of nodes: name, check, and operations for lanes of samples and for one sample.
#pragma once

#include <cstddef>
#include <string>

#include "program/emit/emit.h"
#include "program/shapes.h"

namespace cnn {

struct KindRow {
    Kind kind;
    const char* name;  // by which Python adds it; null: made by fusion only
    std::size_t most_inputs;
    Check* check;
    void (*emit)(Emitter&, const Node&);
    void (*emit_single)(SingleEmitter&, const Node&);  // null: a program with such a node runs as lanes
};

const KindRow& row_of(Kind kind);
// Throws std::invalid_argument, with all names, for one that is not known.
const KindRow& row_named(const std::string& name);

}  // namespace cnn
