// A network in evaluation lowered for one sample at a time, beside Program, whose layers work on sixteen
// samples side by side: with fewer, most of those lanes are dead. Built by the same calls; tensors are named
// by Program's numbers.
//
// Convolutions and batch normalizations read packed copies of their learned arrays, linear layers the arrays
// themselves. Unless `frozen`, each run() compares the arrays bit by bit with those that were packed last and
// packs anew where they differ: no result ever comes from weights of the past. Results are those of Program
// within rounding; their bits do not depend on the number of threads.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "kernels/convolution.h"
#include "kernels/single_layers.h"
#include "program/layer_calls.h"
#include "runtime/aligned_buffer.h"
#include "runtime/runner.h"

namespace cnn {

class SingleProgram {
  public:
    explicit SingleProgram(bool frozen) : frozen_(frozen) {}

    void input(int y, std::ptrdiff_t channels, std::ptrdiff_t height, std::ptrdiff_t width,
               const float* table);
    void convolution(int x, int y, const ConvolutionShape& shape, const LearnedArrays& arrays, bool relu);
    void linear(int x, int y, std::ptrdiff_t outputs, const LearnedArrays& arrays, bool relu);
    void pooling(int x, int y, SinglePooling::Kind kind, const PoolingShape& shape);
    void activation(int x, int y, ActivationKind kind);
    void normalization(int x, int y, const SingleNormalization& normalization, bool relu);
    void flatten(int x, int y);
    void log_softmax(int x, int y);
    void foreign(int x, int y, std::ptrdiff_t channels, std::ptrdiff_t height, std::ptrdiff_t width,
                 ForeignLayer layer);
    // The result is the features of tensor `x`.
    void result(int x) { output_ = x; }

    // Whether the layers can run on the learned arrays as they are now; packs them where they have changed.
    // The first call allocates all: a program that only ever sees large batches pays nothing.
    bool ready();
    // The features of the image that `source` names go to `row`. False: stopped.
    bool run(const GatherSource& source, int threads, const std::function<bool()>& should_stop, float* row);
    // Own layers may look at the whole batch.
    bool calls_out() const { return calls_out_; }
    std::size_t bytes() const;

  private:
    enum class Kind {
        kConvolution,
        kLinear,
        kPooling,
        kActivation,
        kNormalization,
        kFlatten,
        kLogSoftmax,
        kForeign
    };
    struct Layer {
        Kind kind;
        int x, y;
        bool relu = false;
        LearnedArrays arrays{};
        ConvolutionShape convolution{};
        SingleNormalization normalization{};
        SinglePooling::Kind pooling_kind{};
        PoolingShape pooling{};
        bool pooled = false;  // a convolution that pools on its way out, after its ReLU
        ActivationKind activation{};
        const ForeignLayer* foreign = nullptr;
    };
    struct Tensor {
        SingleTensor layout{};
        std::ptrdiff_t border_height = 0, border_width = 0;  // the widest padding of a layer that reads it
        std::ptrdiff_t excess_height = 0, excess_width = 0;  // more zeros below and to the right
        bool padded = true;                                  // to whole vectors
    };
    struct Segment {
        std::vector<Stage> stages;
        std::function<bool()> call;
    };
    // Learned values and what they were when packed.
    struct Watched {
        const float* values;
        std::vector<float> packed;
    };

    static bool takes_over(const Layer& convolution, const Layer& next);
    Tensor& tensor(int x) { return tensors_[static_cast<std::size_t>(x)]; }
    void make(int y, std::ptrdiff_t channels, std::ptrdiff_t height, std::ptrdiff_t width);
    Layer& add(Kind kind, int x, int y);
    void fuse();
    void finish();
    void allocate(Tensor& tensor);
    void emit(const Layer& layer);
    void emit_convolution(const Layer& layer);
    void stage(Op* op);
    void packed(SinglePacked* layer) { packed_.push_back(layer); }
    void watch(const float* values, std::ptrdiff_t count);
    const float* vector_of(int x);
    float* floats(std::ptrdiff_t count);
    bool changed() const;

    bool frozen_, calls_out_ = false, packed_once_ = false, usable_ = true, parallel_ = false;
    std::ptrdiff_t work_ = 0;  // multiply-adds
    int input_ = -1, output_ = -1;
    const float* table_ = nullptr;
    std::vector<Tensor> tensors_;
    std::vector<Layer> layers_;
    // Kept here and never copied: finish() runs without the GIL, which copies of what Python made need.
    std::deque<ForeignLayer> foreign_;
    std::vector<std::unique_ptr<Op>> ops_;
    std::vector<SinglePacked*> packed_;
    std::vector<std::unique_ptr<SinglePacked>> shared_;  // by several operations
    std::vector<Watched> watched_;
    std::vector<AlignedBuffer<float>> buffers_;
    std::vector<Segment> segments_;
    GatherSource source_;
    const float* result_ = nullptr;
    std::ptrdiff_t result_size_ = 0;
    Runner runner_;
};

}  // namespace cnn
