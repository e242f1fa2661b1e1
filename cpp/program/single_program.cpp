#include "program/single_program.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "program/kinds.h"

namespace cnn {
namespace {

// Multiply-adds from which a second thread pays for its start and for one barrier a layer.
constexpr std::ptrdiff_t kParallelWork = 8'000'000;

std::ptrdiff_t multiply_adds(const Graph& graph, const Node& node) {
    const ConvolutionShape& shape = node.convolution;
    switch (node.kind) {
        case Kind::kConvolution:
        case Kind::kPooledConvolution:
            return shape.weight_size() * shape.output_height * shape.output_width;
        case Kind::kLinear:
            return graph.shape(node.output).features() * graph.shape(node.input()).features();
        default:
            return 0;
    }
}

}  // namespace

bool SingleProgram::can_run(const std::vector<Node>& nodes) {
    return std::all_of(nodes.begin(), nodes.end(),
                       [](const Node& node) { return row_of(node.kind).emit_single != nullptr; });
}

SingleProgram::SingleProgram(const Graph& graph, std::vector<Node> nodes, const float* table, int result,
                             bool frozen)
    : output_(result), table_(table), nodes_(std::move(nodes)), emitter_(graph.tensors, !frozen) {
    std::ptrdiff_t work = 0;
    for (const Node& node : nodes_) {
        calls_out_ = calls_out_ || node.kind == Kind::kCustom;
        work += multiply_adds(graph, node);
    }
    parallel_ = work >= kParallelWork;
}

void SingleProgram::finish() {
    emitter_.emit(nodes_, &source_, table_);
    result_ = emitter_.vector_of(output_);
    result_size_ = emitter_.layout(output_).features();
    nodes_.clear();
    finished_ = true;
}

bool SingleProgram::changed() {
    const std::vector<Watched>& watched = emitter_.watched();
    return std::any_of(watched.begin(), watched.end(), [](const Watched& w) {
        return std::memcmp(w.values, w.packed.data(), w.packed.size() * sizeof(float)) != 0;
    });
}

bool SingleProgram::ready() {
    if (!finished_) finish();
    if (packed_once_ && !changed()) return usable_;
    for (Watched& w : emitter_.watched()) std::copy_n(w.values, w.packed.size(), w.packed.begin());
    usable_ = true;
    for (SinglePacked* layer : emitter_.packed_layers()) usable_ = layer->pack() && usable_;
    packed_once_ = true;
    return usable_;
}

bool SingleProgram::run(const GatherSource& source, int threads, const std::function<bool()>& should_stop,
                        float* row) {
    source_ = source;
    const Context context{};
    for (const SingleSegment& segment : emitter_.segments()) {
        if (parallel_) {
            if (!runner_.run(segment.stages, context, threads, should_stop)) return false;
        } else {
            for (const Stage& ops : segment.stages) {
                for (const Op* op : ops) {
                    for (std::ptrdiff_t task = 0; task < op->tasks(context); ++task)
                        op->run(context, task, nullptr);
                }
            }
        }
        if (segment.call && !segment.call()) return false;
    }
    std::copy_n(result_, result_size_, row);
    return true;
}

}  // namespace cnn
