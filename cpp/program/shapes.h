// Every check of a node: its inputs, arrays and settings, and the shape of what it gives.
#pragma once

#include <string>
#include <vector>

#include "program/arguments.h"
#include "program/graph.h"

namespace cnn {

struct Given {
    const std::vector<TensorShape>& inputs;
    Arguments& arguments;
    bool training;
    bool gradients;  // of learned arrays are written
    bool at_once;    // a layer at once, not part of a program
    const TensorShape& x() const { return inputs.front(); }
};

// Takes the settings and arrays of its kind into the node; the shape of the output.
using Check = TensorShape(const Given&, Node&);
Check check_convolution;
Check check_linear;
Check check_max_pooling;
Check check_average_pooling;
Check check_activation;
Check check_batch_normalization;
Check check_flatten;
Check check_log_softmax;
Check check_dropout;
Check check_custom;
Check check_add;
Check check_concat;
Check check_slice;

// The node of this kind, without its place in the graph, and the shape of its output for one sample.
// Throws std::invalid_argument.
struct CheckedNode {
    Node node;
    TensorShape output;
};
CheckedNode check_node(const std::string& kind, const Given& given);

}  // namespace cnn
