// From nodes to operations on one sample, channels as lanes: what the second half of a file of emit/ builds
// with.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "kernels/single/single_layers.h"
#include "program/graph.h"
#include "runtime/aligned_buffer.h"
#include "runtime/runner.h"

namespace cnn {

// A part of a run: operations in order, then perhaps a call of a custom layer. False: stopped.
struct SingleSegment {
    std::vector<Stage> stages;
    std::function<bool()> call;
};

// Learned values and what they were when packed.
struct Watched {
    const float* values;
    std::vector<float> packed;
};

// Owns the operations and buffers.
class SingleEmitter {
  public:
    // `watches`: learned arrays may change between runs.
    SingleEmitter(const std::vector<TensorShape>& tensors, bool watches);
    SingleEmitter(const SingleEmitter&) = delete;
    SingleEmitter& operator=(const SingleEmitter&) = delete;

    // The input, whose images `source` names, and all nodes.
    void emit(const std::vector<Node>& nodes, const GatherSource* source, const float* table);

    const SingleTensor& layout(int x) const { return tensors_[static_cast<std::size_t>(x)].layout; }
    // The features of x in the order (C, H, W).
    const float* vector_of(int x);
    float* floats(std::ptrdiff_t count);
    void stage(Op* op);
    // Ends the segment.
    void call(std::function<bool()> function);
    // Reads copies of learned arrays, which are made anew where a watched array has changed.
    void packed(SinglePacked* layer) { packed_.push_back(layer); }
    // The same of what several operations use together.
    void packed_together(SinglePacked* layer) {
        shared_.emplace_back(layer);
        packed(layer);
    }
    void watch(const float* values, std::ptrdiff_t count);
    void watch(const SingleNormalization& normalization, std::ptrdiff_t channels);

    // What it gave, for SingleProgram.
    const std::vector<SingleSegment>& segments() const { return segments_; }
    const std::vector<SinglePacked*>& packed_layers() const { return packed_; }
    std::vector<Watched>& watched() { return watched_; }
    std::size_t bytes() const;

  private:
    struct Tensor {
        SingleTensor layout{};
        std::ptrdiff_t border_height = 0, border_width = 0;  // the widest padding of a layer that reads it
        std::ptrdiff_t excess_height = 0, excess_width = 0;  // more zeros below and to the right
        bool padded = true;                                  // to whole vectors
    };

    Tensor& tensor(int x) { return tensors_[static_cast<std::size_t>(x)]; }
    void lay_out(const std::vector<Node>& nodes);
    void allocate(Tensor& tensor);

    bool watches_;
    std::vector<Tensor> tensors_;
    std::vector<std::unique_ptr<Op>> ops_;
    std::vector<SinglePacked*> packed_;
    std::vector<std::unique_ptr<SinglePacked>> shared_;
    std::vector<Watched> watched_;
    std::vector<AlignedBuffer<float>> buffers_;
    std::vector<SingleSegment> segments_;
};

// That of a batch normalization, or of a convolution that has taken one over.
SingleNormalization normalization_of(const Node& node);

}  // namespace cnn
