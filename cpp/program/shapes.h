// The check of a node: its inputs, arrays and settings, and the shape of what it gives. Each kind's is in the
// file of its name in emit/.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "program/arguments.h"
#include "program/graph.h"

namespace cnn {

struct Given {
    const std::vector<TensorShape>& inputs;
    Arguments& arguments;
    bool training = false;
    bool gradients = false;             // of learned arrays are written
    bool at_once = false;               // a layer at once, not part of a program
    std::vector<const Node*> makers{};  // of the inputs, in a program; null for what no node gives
    const TensorShape& x() const { return inputs.front(); }
};

// Takes the settings and arrays of its kind into the node; the shape of the output.
using Check = TensorShape(const Given&, Node&);
#define CNN_KIND(kind, name, most_inputs) Check check_##name;
#define CNN_KIND_OF_LANES(kind, name, most_inputs) Check check_##name;
#define CNN_KIND_OF_FUSION(kind, name)
#include "program/kinds_list.h"

// What the checks have in common.
constexpr std::ptrdiff_t kMostValues = std::numeric_limits<std::int32_t>::max();
std::string text_of(const TensorShape& shape);
std::string sides(std::ptrdiff_t height, std::ptrdiff_t width);
std::uint32_t layer_number(Arguments& a);  // of a layer that draws random numbers
std::string misfit(const TensorShape& x);  // " does not fit an input of shape (C, H, W)"
// `shape`: that of the weights; `outputs`: of the biases.
LearnedArrays learned(const Given& given, const Sizes& shape, std::ptrdiff_t outputs);
// The same where a layer may learn nothing: weight and bias of one shape, each there or not.
LearnedArrays optional_learned(const Given& given, const Sizes& shape);

// The node of this kind, without its place in the graph, and the shape of its output for one sample.
// Throws std::invalid_argument.
struct CheckedNode {
    Node node;
    TensorShape output;
};
CheckedNode check_node(const std::string& kind, const Given& given);

}  // namespace cnn
