// A network as nodes: what each computes, from which tensors, and who reads them. Checked when it is added
// (see shapes.h), changed by fusion only (see fuse.h), and turned into operations by one file for each kind
// (emit/).
#pragma once

#include <any>
#include <cstddef>
#include <vector>

#include "kernels/activation/activation.h"
#include "kernels/convolution/convolution.h"
#include "kernels/pooling/pooling.h"
#include "program/layer_calls.h"

namespace cnn {

#define CNN_KIND(kind, name, most_inputs) kind,
#define CNN_KIND_OF_LANES(kind, name, most_inputs) kind,
#define CNN_KIND_OF_FUSION(kind, name) kind,
enum class Kind {
#include "program/kinds_list.h"
};

struct TensorShape {
    std::ptrdiff_t channels = 0, height = 0, width = 0;
    std::ptrdiff_t features() const { return channels * height * width; }
};

struct Statistics {
    float* mean = nullptr;  // null: no normalization
    float* variance = nullptr;
    float momentum = 0.0f, epsilon = 0.0f;
};

// What several files read of a node stands here by name; what only the file of its kind knows is its own.
struct Node {
    Kind kind;
    std::vector<int> inputs;
    int output = -1;

    LearnedArrays arrays{};
    ConvolutionShape convolution{};
    PoolingShape pooling{};
    bool keeps_places = false;  // max pooling: an unpooling reads where the maxima were
    int pooled = -1;            // unpooling: what the max pooling gave whose places it takes
    Activation activation{};
    Statistics statistics{};
    bool does_nothing = false;  // its output is its input, so a program leaves it out

    // A value of a type of that file, so that a new kind adds nothing here. Copied with the node.
    std::any own{};
    template <class T>
    const T& own_as() const {
        return std::any_cast<const T&>(own);
    }

    // What fusion has added. A convolution with statistics normalizes first, by `normalization`, then
    // rectifies; a pooled one rectifies, then pools.
    bool relu = false;
    LearnedArrays normalization{};
    bool unrectify = false;        // the backward pass of `relu` is this node's work ...
    bool rectified_input = false;  // ... or that of the pooling after it, where there are fewer values

    int input() const { return inputs.front(); }
};

struct Graph {
    std::vector<TensorShape> tensors;
    std::vector<Node> nodes;
    std::vector<int> readers;  // of each tensor: nodes (one for each of their inputs), the loss, the result

    int tensor(const TensorShape& shape) {
        tensors.push_back(shape);
        readers.push_back(0);
        return static_cast<int>(tensors.size()) - 1;
    }
    void read(int x) { ++readers[static_cast<std::size_t>(x)]; }
    bool only_reader(int x) const { return readers[static_cast<std::size_t>(x)] == 1; }
    // The node that gives a tensor; null: it is the input of the network.
    Node* maker(int x) {
        for (Node& node : nodes)
            if (node.output == x) return &node;
        return nullptr;
    }
    const TensorShape& shape(int x) const { return tensors[static_cast<std::size_t>(x)]; }
    int append(Node node, const TensorShape& output) {
        for (const int x : node.inputs) read(x);
        node.output = tensor(output);
        nodes.push_back(std::move(node));
        return nodes.back().output;
    }
};

}  // namespace cnn
