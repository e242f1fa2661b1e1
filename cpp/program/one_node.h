// A layer at once, on arrays as people have them: a program of one node and of one of its passes, with
// buffers of its own, that turns arrays into blocks of lanes and back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "program/arguments.h"
#include "program/emitter.h"
#include "program/graph.h"
#include "runtime/runner.h"

namespace cnn {

enum class Pass { kForward, kInputGradient, kParameterGradients };

class OneNode {
  public:
    // `keeps`: a backward pass will follow the forward pass; see kept(). Throws std::invalid_argument.
    OneNode(const std::string& kind, const TensorShape& input, Arguments& arguments, std::ptrdiff_t samples,
            Pass pass, bool training, bool keeps);

    const TensorShape& output() const { return graph_.tensors[1]; }
    // What the forward pass gives, and the backward passes read, besides input and output.
    const std::vector<KeptArray>& kept() const { return emitter_.kept(); }
    // Of a backward pass: whether it reads the output of the forward pass.
    bool reads_output() const { return emitter_.asked_for_values(1); }
    std::size_t bytes() const { return emitter_.bytes(); }

    // All of them (samples, features); of those that the pass does not have any may be null.
    struct Rows {
        const float* input;
        const float* output;
        const float* grad_output;
        float* result;            // the output, or the gradient of the input
        std::vector<void*> kept;  // in the order of kept(): float or std::int32_t, read or written
    };
    // The seconds that the operations took, without the conversions before and after them; negative: stopped.
    // Throws std::invalid_argument for kept numbers that no forward pass gives.
    double run(const Rows& rows, Context context, int threads, const std::function<bool()>& should_stop);

  private:
    class Conversions;

    void before(const Rows& rows, const Context& context, Conversions& stage);
    void after(const Rows& rows, Conversions& stage);

    Pass pass_;
    Graph graph_;
    Emitter emitter_;
    std::vector<Stage> stages_;
    Runner runner_;
};

}  // namespace cnn
