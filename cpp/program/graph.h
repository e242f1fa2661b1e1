// A network as nodes: what each computes, from which tensors, and who reads them. Checked when it is added
// (see shapes.h), changed by fusion only (see fuse.h), and turned into operations by one file for each kind
// (emit/).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "kernels/activation/activation.h"
#include "kernels/convolution/connections.h"
#include "kernels/convolution/convolution.h"
#include "kernels/dropout/dropout.h"
#include "kernels/gains/gains.h"
#include "kernels/group_normalization/group_normalization.h"
#include "kernels/padding/zero_padding.h"
#include "kernels/pooling/max_unpooling.h"
#include "kernels/pooling/pooling.h"
#include "kernels/pooling/power_pooling.h"
#include "kernels/response_normalization/response_normalization.h"
#include "kernels/softmax/softmax.h"
#include "kernels/upsampling/upsampling.h"
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

// Of the settings, those of its kind have a meaning.
struct Node {
    Kind kind;
    std::vector<int> inputs;
    int output = -1;

    LearnedArrays arrays{};
    ConvolutionShape convolution{};
    Connections connections{};
    std::optional<ConvolutionAlgorithm> algorithm{};  // none: the one that its shape chooses
    PoolingShape pooling{};
    bool keeps_places = false;  // max pooling: an unpooling reads where the maxima were
    UnpoolingShape unpooling{};
    int pooled = -1;  // unpooling: what the max pooling gave whose places it takes
    ZeroPadding padding{};
    UpsamplingShape upsampling{};
    bool count_padding = false;
    PowerNorm norm{};
    std::uint32_t layer = 0;  // stochastic pooling: its number, from which it draws
    Activation activation{};
    Statistics statistics{};
    DropoutForm dropout{};
    bool scales_in_evaluation = false;  // dropout
    SlopeRange slopes{};
    GainKind gain{};
    GainPattern pattern{};
    GroupShape groups{};
    ResponseSettings response{};
    SoftmaxShape softmax{};
    std::ptrdiff_t first = 0;  // channel of a slice
    // Shared: a copy of what Python made would need the GIL.
    std::shared_ptr<const CustomLayer> custom{};

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
