// From the nodes of a program to operations on buffers: what every file of emit/ builds with.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "program/graph.h"
#include "runtime/aligned_buffer.h"
#include "runtime/runner.h"

namespace cnn {

// A part of a run: operations in parallel, then perhaps a call of a custom layer. False: stopped.
struct Segment {
    std::vector<Stage> stages;
    std::function<bool(const Context&)> call;
};

// What is emitted. A program that trains: both passes; one that evaluates: the forward pass. A layer at once
// (see one_node.h): one of them, and the other one apart.
struct Passes {
    bool forward, backward;
    bool training;        // batch normalization uses the batch
    bool differentiable;  // there is a backward pass, here or apart, for which the forward pass keeps things

    static Passes of_program(bool trains) {
        Passes passes;
        passes.forward = true;
        passes.backward = passes.training = passes.differentiable = trains;
        return passes;
    }
    // The forward pass, which keeps things for the other one if `keeps`, or the backward pass.
    static Passes alone(bool forward, bool training, bool keeps) {
        Passes passes;
        passes.forward = forward;
        passes.backward = !forward;
        passes.training = training;
        passes.differentiable = !forward || keeps;
        return passes;
    }
};

// What the forward pass of a layer at once gives to its backward pass, besides input and output.
struct KeptArray {
    std::string name;
    std::ptrdiff_t count;
    bool is_indices;        // `count` of each sample, else `count` numbers whatever the samples
    float* values;          // null for indices
    std::int32_t* indices;  // in blocks of lanes; null for numbers
    std::function<void(std::ptrdiff_t samples, const std::int32_t* rows)> check{};  // throws
    bool is_given = false;  // not found out but given, one for each value of the input; to each pass
};

// Owns the operations and buffers. Nodes are emitted forward in their order; what each registers for its
// backward pass runs later, in the reverse order. Values and gradients of a tensor get memory when they are
// first asked for: a pass that is emitted apart has only what it uses.
class Emitter {
  public:
    Emitter(std::ptrdiff_t capacity, Passes passes) : capacity_(capacity), passes_(passes) {
        forward_.emplace_back();
        backward_.emplace_back();
    }
    Emitter(const Emitter&) = delete;
    Emitter& operator=(const Emitter&) = delete;

    // The whole of it. `nodes`: after fusion; `gradient_readers`: further tensors that take gradients (of a
    // loss).
    void begin(const Graph& graph, const std::vector<Node>& nodes, const std::vector<int>& gradient_readers);
    void emit(const Node& node);
    void emit_backward();

    // Samples of one run.
    std::ptrdiff_t capacity() const { return capacity_; }
    bool training() const { return passes_.training; }
    // A node asks nothing for its forward pass where that is not emitted.
    bool runs_forward() const { return passes_.forward; }
    std::size_t bytes() const { return bytes_; }
    // The tensor whose node made the operation; kNoTensor: the program itself, as the loss and the updates.
    static constexpr int kNoTensor = -1;
    int maker(const Op* op) const { return ops_.at(op).tensor; }

    // Memory, filled with zeros; lanes: of so many features.
    float* floats(std::ptrdiff_t count) { return buffer(float_buffers_, count); }
    float* lanes(std::ptrdiff_t features) { return floats(block_count(capacity_) * kLanes * features); }
    std::int32_t* index_lanes(std::ptrdiff_t features) {
        return buffer(index_buffers_, block_count(capacity_) * kLanes * features);
    }
    // Memory for what the forward pass finds out and the backward pass reads.
    float* kept_floats(const char* name, std::ptrdiff_t count);
    // One for each value of `y`; `check` throws for what `samples` rows of it must not be.
    std::int32_t* kept_indices(const char* name, int y,
                               std::function<void(std::ptrdiff_t samples, const std::int32_t* rows)> check);
    // One for each value of `x`, which whoever calls a layer at once gives to each of its passes.
    std::int32_t* given_indices(const char* name, int x,
                                std::function<void(std::ptrdiff_t samples, const std::int32_t* rows)> check);
    // Where the maxima of a pooled tensor were; its node says so when it is emitted.
    void set_places(int y, const std::int32_t* places) { tensor(y).places = places; }
    const std::int32_t* places(int y) const { return tensor(y).places; }

    const TensorShape& shape(int x) const { return tensor(x).shape; }
    std::ptrdiff_t features(int x) const { return tensor(x).shape.features(); }
    float* values(int x);
    bool needs_gradient(int x) const { return tensor(x).differentiable; }
    // What the node that gave `y` reads in its backward pass; null: nobody needs it.
    float* gradient(int y);
    bool asked_for_values(int x) const { return tensor(x).has_values; }
    bool asked_for_gradient(int x) const { return tensor(x).has_gradient; }
    // Where one reader of `x` writes its gradient, asked for in its forward emission and once for each time
    // it reads x; null: nobody needs it. With several readers each has a buffer of its own, added in their
    // order.
    float* gradient_for_reader(int x);

    // The output of a node; somebody needs its gradient if there is a backward pass and `needs_gradient`.
    void make(int y, bool needs_gradient) {
        tensor(y).differentiable = needs_gradient && passes_.differentiable;
    }
    // The output is another name for these.
    void alias(int y, float* values, float* gradient);

    const Op* keep(Op* op);
    // Runs before all else of a forward pass.
    void prepare(Op* op) { prepare_.push_back(keep(op)); }
    void stage(Op* op) { forward_.back().stages.push_back({keep(op)}); }
    // Besides the operation that was emitted last.
    void beside(Op* op) { beside(keep(op)); }
    void beside(const Op* kept) { forward_.back().stages.back().push_back(kept); }
    // Ends the segment.
    void call(std::function<bool(const Context&)> function);
    // The backward pass of the node being emitted; not called where none is emitted.
    void backward(std::function<void()> emit);

    // All of a node with one input that learns nothing. forward() makes the operation that gives its output,
    // backward(grad_x) the one that writes the gradient of its input; each is called only where that is
    // needed.
    template <class Forward, class Backward>
    void unlearned(const Node& node, Forward forward, Backward backward) {
        make(node.output, needs_gradient(node.input()));
        float* grad_x = gradient_for_reader(node.input());
        if (runs_forward()) stage(forward());
        if (grad_x) this->backward([=] { backward_stage({keep(backward(grad_x))}); });
    }

    // In a backward pass:
    void backward_stage(Stage stage);
    void backward_call(std::function<bool(const Context&)> function);
    // Only has to run before the step ends: it fills threads that a later stage leaves idle.
    void later(Op* op) { deferred_.push_back(keep(op)); }
    Stage take_deferred() { return std::exchange(deferred_, {}); }
    void backward_alone(Stage stage) {
        if (!stage.empty()) backward_.back().stages.push_back(std::move(stage));
    }
    // The sum of slots into the gradient of a parameter, at the end of the step.
    void add_slots(std::ptrdiff_t count, const float* slots, float* gradient);
    void bias_gradient(std::ptrdiff_t channels, std::ptrdiff_t positions, const float* grad_y,
                       float* grad_bias);
    // The backward pass of the ReLU that is part of a layer, where that layer has to do it.
    void undo_relu(const Node& node);
    // With the step's update.
    void update(Op* op) { update_.push_back(keep(op)); }

    // What it gave, for Program to put together.
    const Stage& prepared() const { return prepare_; }
    const Stage& updates() const { return update_; }
    const std::vector<KeptArray>& kept() const { return kept_; }
    std::vector<Segment>& forward_segments() { return forward_; }
    std::vector<Segment>& backward_segments() { return backward_; }

  private:
    struct Tensor {
        TensorShape shape;
        bool differentiable = false, has_values = false, has_gradient = false;
        float* values = nullptr;
        float* gradient = nullptr;
        const std::int32_t* places = nullptr;
        int gradient_readers = 0;
        std::vector<const float*> parts{};  // of the gradient, one for each reader where there are several
    };
    struct Backward {
        int output;
        std::function<void()> emit;
    };

    template <class T>
    T* buffer(std::vector<AlignedBuffer<T>>& pool, std::ptrdiff_t count) {
        pool.emplace_back(count);
        bytes_ += static_cast<std::size_t>(count) * sizeof(T);
        return pool.back().data();
    }
    const Tensor& tensor(int x) const { return tensors_[static_cast<std::size_t>(x)]; }
    Tensor& tensor(int x) { return tensors_[static_cast<std::size_t>(x)]; }

    std::ptrdiff_t capacity_;
    Passes passes_;
    std::size_t bytes_ = 0;
    std::vector<Tensor> tensors_;
    struct Made {
        std::unique_ptr<Op> op;
        int tensor;
    };
    int emitting_ = kNoTensor;
    std::unordered_map<const Op*, Made> ops_;
    std::vector<AlignedBuffer<float>> float_buffers_;
    std::vector<AlignedBuffer<std::int32_t>> index_buffers_;
    std::vector<Backward> backward_emitters_;
    std::function<void()> pending_;  // of the node being emitted
    Stage prepare_, deferred_, reduce_, update_;
    std::vector<KeptArray> kept_;
    std::vector<Segment> forward_, backward_;
};

}  // namespace cnn
