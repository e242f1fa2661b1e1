#include "program/one_node.h"

#include <algorithm>
#include <chrono>
#include <memory>

#include "core/layout.h"
#include "program/shapes.h"

namespace cnn {

// The operations of one run.
class OneNode::Conversions {
  public:
    void add(Op* op) {
        ops_.emplace_back(op);
        stage_.push_back(op);
    }
    // A copy: the array is its owner's, who may write to it at any time.
    const std::int32_t* copy(const std::int32_t* values, std::ptrdiff_t count) {
        copies_.emplace_back(values, values + count);
        return copies_.back().data();
    }
    void add(const Stage& stage) { stage_.insert(stage_.end(), stage.begin(), stage.end()); }
    std::vector<Stage> stages() const { return {stage_}; }

  private:
    std::vector<std::unique_ptr<Op>> ops_;
    std::vector<std::vector<std::int32_t>> copies_;
    Stage stage_;
};

OneNode::OneNode(const std::string& kind, const TensorShape& input, Arguments& arguments,
                 std::ptrdiff_t samples, Pass pass, bool training, bool keeps)
    : pass_(pass), emitter_(samples, Passes::alone(pass == Pass::kForward, training, keeps)) {
    const std::vector<TensorShape> inputs{input};
    const bool gradients = pass == Pass::kParameterGradients;
    Given given{inputs, arguments};
    given.training = training;
    given.gradients = gradients;
    given.at_once = true;
    CheckedNode checked = check_node(kind, given);
    checked.node.inputs = {graph_.tensor(input)};
    graph_.append(std::move(checked.node), checked.output);
    emitter_.begin(graph_, graph_.nodes, {});
    emitter_.make(0, !gradients);
    emitter_.emit(graph_.nodes.front());
    if (pass != Pass::kForward) emitter_.emit_backward();
    stages_.push_back(emitter_.prepared());
    std::vector<Segment>& segments =
        pass == Pass::kForward ? emitter_.forward_segments() : emitter_.backward_segments();
    stages_.insert(stages_.end(), segments.front().stages.begin(), segments.front().stages.end());
}

void OneNode::before(const Rows& rows, const Context& context, Conversions& stage) {
    const std::ptrdiff_t inputs = graph_.shape(0).features(), outputs = output().features();
    if (emitter_.asked_for_values(0)) stage.add(new ToLanes(inputs, rows.input, emitter_.values(0)));
    const bool is_backward = pass_ != Pass::kForward;
    if (is_backward && reads_output()) stage.add(new ToLanes(outputs, rows.output, emitter_.values(1)));
    if (is_backward && emitter_.asked_for_gradient(1))
        stage.add(new ToLanes(outputs, rows.grad_output, emitter_.gradient(1)));
    for (std::size_t i = 0; i < kept().size(); ++i) {
        const KeptArray& array = kept()[i];
        if (!is_backward && !array.is_given) continue;
        if (!array.is_indices) {
            std::copy_n(static_cast<const float*>(rows.kept[i]), array.count, array.values);
            continue;
        }
        const std::int32_t* indices =
            stage.copy(static_cast<const std::int32_t*>(rows.kept[i]), context.samples * array.count);
        array.check(context.samples, indices);
        stage.add(new IndexToLanes(array.count, indices, array.indices));
    }
}

void OneNode::after(const Rows& rows, Conversions& stage) {
    stage.add(emitter_.updates());
    if (pass_ == Pass::kInputGradient && emitter_.asked_for_gradient(0))
        stage.add(new FromLanes(graph_.shape(0).features(), emitter_.gradient(0), rows.result));
    if (pass_ != Pass::kForward) return;
    stage.add(new FromLanes(output().features(), emitter_.values(1), rows.result));
    for (std::size_t i = 0; i < rows.kept.size(); ++i) {
        const KeptArray& array = kept()[i];
        if (array.is_given) continue;
        if (!array.is_indices) {
            std::copy_n(array.values, array.count, static_cast<float*>(rows.kept[i]));
        } else {
            auto* indices = static_cast<std::int32_t*>(rows.kept[i]);
            stage.add(new IndexFromLanes(array.count, array.indices, indices));
        }
    }
}

double OneNode::run(const Rows& rows, Context context, int threads,
                    const std::function<bool()>& should_stop) {
    context.accumulate_gradients = true;
    Conversions first, last;
    before(rows, context, first);
    if (!runner_.run(first.stages(), context, threads, should_stop)) return -1;
    runner_.reserve_scratch(stages_, threads);
    const auto begin = std::chrono::steady_clock::now();
    if (!runner_.run(stages_, context, threads, should_stop)) return -1;
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
    after(rows, last);
    return runner_.run(last.stages(), context, threads, should_stop) ? elapsed.count() : -1;
}

}  // namespace cnn
