#include "program/fuse.h"

#include "kernels/algorithms/convolution_algorithms.h"
#include "kernels/convolution/pooled_convolution.h"
#include "kernels/pooled_gradient/pooled_gradient.h"
#include "kernels/single/single_pooled_convolution.h"

namespace cnn {
namespace {

// Whether `before` can do the work of `next`, its only reader, and how.
struct Rule {
    bool (*applies)(const Node& before, const Node& next, Target target);
    void (*take)(Node& before, const Node& next);
};

bool can_rectify(const Node& before, const Node& next, Target) {
    return next.kind == Kind::kActivation && next.activation.kind == ActivationKind::relu && !before.relu &&
           (before.kind == Kind::kConvolution || before.kind == Kind::kLinear ||
            before.kind == Kind::kBatchNormalization);
}

void rectify(Node& before, const Node&) {
    before.relu = true;
}

// It rectifies, then pools; a normalization would stand between. It keeps places within windows, which an
// unpooling cannot read.
bool can_pool(const Node& before, const Node& next, Target target) {
    if (next.kind != Kind::kMaxPooling || before.kind != Kind::kConvolution ||
        before.statistics.mean != nullptr || next.keeps_places || !next.pooling.has_whole_windows())
        return false;
    const ConvolutionShape& shape = before.convolution;
    if (target == Target::kSingle) return single_pooling_pays(shape, next.pooling);
    return can_pool_convolution(shape, next.pooling) &&
           (target != Target::kTraining || has_sparse_gradient(shape, next.pooling)) &&
           choose_forward(shape) != ConvolutionAlgorithm::kWinograd;
}

void pool(Node& before, const Node& next) {
    before.kind = Kind::kPooledConvolution;
    before.pooling = next.pooling;
}

// With known statistics. It normalizes, then rectifies: what is rectified is not normalized any more.
bool can_normalize(const Node& before, const Node& next, Target target) {
    if (next.kind != Kind::kBatchNormalization || before.kind != Kind::kConvolution || before.relu ||
        before.statistics.mean != nullptr)
        return false;
    return target == Target::kSingle ||
           (target == Target::kEvaluation &&
            choose_forward(before.convolution) == ConvolutionAlgorithm::kWinograd);
}

void normalize(Node& before, const Node& next) {
    before.statistics = next.statistics;
    before.normalization = next.arrays;
}

constexpr Rule kRules[] = {{can_rectify, rectify}, {can_pool, pool}, {can_normalize, normalize}};

// The backward pass of a ReLU on the way out is done by its node, or by the max pooling that alone reads it.
void share_backward_of_relu(const Graph& graph, std::vector<Node>& nodes, const std::vector<int>& producer) {
    for (Node& node : nodes) {
        node.unrectify = node.relu && node.kind != Kind::kPooledConvolution;
        if (node.kind != Kind::kMaxPooling || !graph.only_reader(node.input())) continue;
        const int before = producer[static_cast<std::size_t>(node.input())];
        if (before < 0 || !nodes[static_cast<std::size_t>(before)].unrectify) continue;
        nodes[static_cast<std::size_t>(before)].unrectify = false;
        node.rectified_input = true;
    }
}

}  // namespace

std::vector<Node> fuse(const Graph& graph, Target target) {
    std::vector<int> producer(graph.tensors.size(), -1);  // the node of `fused` that gives the tensor
    std::vector<Node> fused;
    for (const Node& next : graph.nodes) {
        const auto x = static_cast<std::size_t>(next.input()), y = static_cast<std::size_t>(next.output);
        const Rule* rule = nullptr;
        if (next.inputs.size() == 1 && producer[x] >= 0 && graph.only_reader(next.input())) {
            const Node& before = fused[static_cast<std::size_t>(producer[x])];
            for (const Rule& candidate : kRules)
                if (rule == nullptr && candidate.applies(before, next, target)) rule = &candidate;
        }
        if (rule != nullptr) {
            Node& before = fused[static_cast<std::size_t>(producer[x])];
            rule->take(before, next);
            before.output = next.output;
            producer[y] = producer[x];
        } else {
            producer[y] = static_cast<int>(fused.size());
            fused.push_back(next);
        }
    }
    if (target == Target::kTraining) share_backward_of_relu(graph, fused, producer);
    return fused;
}

}  // namespace cnn
