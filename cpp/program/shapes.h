// Every check of a node: its inputs, arrays and settings, and the shape of what it gives.
#pragma once

#include <string>
#include <vector>

#include "program/arguments.h"
#include "program/graph.h"

namespace cnn {

// The node of this kind, without its place in the graph, and the shape of its output for one sample.
// Throws std::invalid_argument.
struct CheckedNode {
    Node node;
    TensorShape output;
};
CheckedNode check_node(const std::string& kind, const std::vector<TensorShape>& inputs, Arguments& arguments,
                       bool training);

}  // namespace cnn
