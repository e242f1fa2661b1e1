#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings/arrays.h"
#include "bindings/bindings.h"
#include "bindings/node_arguments.h"
#include "bindings/signals.h"
#include "program/kinds.h"
#include "program/one_node.h"
#include "runtime/threads.h"
#include "simd/instruction_set.h"

namespace cnn {
namespace {

// A pass of so many bytes or fewer is kept for the next call, as long as all that are kept are not more than
// the second number: to make a larger one anew costs little beside its work, and layers should not hold their
// largest batches in memory for ever.
constexpr std::size_t kMostBytes = std::size_t{4} << 20, kMostBytesTogether = std::size_t{64} << 20;

using OptionalDict = std::optional<py::dict>;

// One layer at once: what it computes, and the passes that its last calls have made. Calls of several threads
// at once do not share one.
class LayerNode {
  public:
    LayerNode(std::string kind, const py::dict& settings) : kind_(std::move(kind)), given_(settings) {
        is_elementwise_ = row_named(kind_).kind == Kind::kActivation;
        for (const auto& [key, value] : settings) {
            const auto name = key.cast<std::string>();
            settings_.emplace(name, setting(value, name));
        }
    }

    LayerNode(const LayerNode&) = delete;
    LayerNode& operator=(const LayerNode&) = delete;
    ~LayerNode() {
        for (const Pass pass : {Pass::kForward, Pass::kInputGradient, Pass::kParameterGradients}) take(pass);
    }

    py::array_t<float> forward(const py::array& x, const py::dict& arrays, const OptionalDict& kept,
                               bool training, std::uint64_t seed, std::uint32_t step) {
        Call call = begin(Pass::kForward, x, arrays, training, kept.has_value());
        py::array_t<float> y(output_shape(call, x));
        OneNode::Rows rows{call.input, nullptr, nullptr, y.mutable_data(), {}};
        for (const KeptArray& array : call.plan->node.kept()) {
            if (array.is_given) {
                rows.kept.push_back(given_indices(kept.value_or(py::dict()), array, shape_of(x)));
            } else if (kept) {
                py::array made = array.is_indices ? py::array(py::array_t<std::int32_t>(shape_of(y)))
                                                  : py::array(py::array_t<float>(array.count));
                rows.kept.push_back(made.mutable_data());
                (*kept)[array.name.c_str()] = made;
            }
        }
        run(call, rows, seed, step, 1.0f);
        return y;
    }

    py::array_t<float> grad_input(const py::array& x, const py::array& grad_y, const py::dict& arrays,
                                  const py::dict& kept, bool training, std::uint64_t seed,
                                  std::uint32_t step) {
        Call call = begin(Pass::kInputGradient, x, arrays, training, true);
        py::array_t<float> grad_x(shape_of(x));
        OneNode::Rows rows = backward_rows(call, x, grad_y, kept);
        rows.result = grad_x.mutable_data();
        run(call, rows, seed, step, 1.0f);
        return grad_x;
    }

    void acc_grad(const py::array& x, const py::array& grad_y, const py::dict& arrays, const py::dict& kept,
                  bool training, float scale) {
        Call call = begin(Pass::kParameterGradients, x, arrays, training, true);
        const OneNode::Rows rows = backward_rows(call, x, grad_y, kept);
        if (call.samples > 0) run(call, rows, 0, 0, scale);
    }

    double seconds() const { return seconds_; }
    std::size_t bytes() const {
        std::size_t sum = 0;
        for (const std::unique_ptr<Plan>& plan : plans_) sum += plan ? plan->node.bytes() : 0;
        return sum;
    }
    py::tuple state() const { return py::make_tuple(kind_, given_); }

  private:
    struct Form {
        Shape input;
        bool training, keeps;
        InstructionSet instructions;
        std::vector<std::pair<PyObject*, NamedArray>> arrays;  // by the name as Python holds it
    };

    struct Plan {
        Form form;
        std::vector<py::object> used;  // names and arrays
        OneNode node;
    };

    struct Call {
        Pass pass;
        const float* input;
        std::ptrdiff_t samples;
        std::unique_ptr<Plan> plan;
    };

    static bool same(const Form& a, const Form& b) {
        if (a.input != b.input || a.training != b.training || a.keeps != b.keeps ||
            a.instructions != b.instructions || a.arrays.size() != b.arrays.size())
            return false;
        for (std::size_t i = 0; i < a.arrays.size(); ++i) {
            const NamedArray &one = a.arrays[i].second, &other = b.arrays[i].second;
            if (a.arrays[i].first != b.arrays[i].first || one.values != other.values ||
                one.shape != other.shape || one.writable != other.writable)
                return false;
        }
        return true;
    }

    Call begin(Pass pass, const py::array& x, const py::dict& arrays, bool training, bool keeps) {
        check(x.ndim() > 0 || is_elementwise_, "input: expected a batch, got a single number");
        Form form{shape_of(x), training, keeps, instruction_set(), {}};
        const float* values = input(x, "input", form.input);
        for (const auto& [name, value] : arrays) {
            if (!value.is_none())
                form.arrays.emplace_back(name.ptr(), named_array(value, PyUnicode_AsUTF8(name.ptr())));
        }
        const std::ptrdiff_t samples = is_elementwise_ ? x.size() : x.shape(0);
        std::unique_ptr<Plan> plan = take(pass);
        if (plan == nullptr || !same(plan->form, form)) plan = make(pass, std::move(form), arrays, samples);
        return {pass, values, samples, std::move(plan)};
    }

    std::unique_ptr<Plan> make(Pass pass, Form form, const py::dict& arrays, std::ptrdiff_t samples) const {
        std::map<std::string, NamedArray> named;
        std::vector<py::object> used;
        for (const auto& [name, array] : form.arrays)
            named.emplace(py::handle(name).cast<std::string>(), array);
        for (const auto& [name, value] : arrays) {
            used.push_back(py::reinterpret_borrow<py::object>(name));
            used.push_back(py::reinterpret_borrow<py::object>(value));
        }
        Arguments arguments(kind_, std::move(named), settings_, nullptr);
        const TensorShape shape = sample_shape(form.input);
        const bool training = form.training, keeps = form.keeps;
        return std::unique_ptr<Plan>(new Plan{
            std::move(form), std::move(used), {kind_, shape, arguments, samples, pass, training, keeps}});
    }

    // Of a function of each element every element is a sample.
    TensorShape sample_shape(const Shape& batch) const {
        if (is_elementwise_) return {1, 1, 1};
        if (batch.size() == 4) return {batch[1], batch[2], batch[3]};
        std::ptrdiff_t features = 1;
        for (std::size_t axis = 1; axis < batch.size(); ++axis) features *= batch[axis];
        return {features, 1, 1};
    }

    Shape output_shape(const Call& call, const py::array& x) const {
        const TensorShape from = sample_shape(call.plan->form.input), &to = call.plan->node.output();
        if (from.channels == to.channels && from.height == to.height && from.width == to.width)
            return shape_of(x);
        if (x.ndim() == 4) return {call.samples, to.channels, to.height, to.width};
        return {call.samples, to.features()};
    }

    // Of those that a pass only reads.
    static void* given_indices(const py::dict& kept, const KeptArray& array, const Shape& shape) {
        const char* name = array.name.c_str();
        check(kept.contains(name), std::string(name) + ": needed, got none");
        return const_cast<std::int32_t*>(input<std::int32_t>(kept[name].cast<py::array>(), name, shape));
    }

    OneNode::Rows backward_rows(const Call& call, const py::array& x, const py::array& grad_y,
                                const py::dict& kept) const {
        const Shape shape = output_shape(call, x);
        const auto given = [&kept](const char* name) {
            check(kept.contains(name), std::string(name) + ": needed from the forward pass, got none");
            return kept[name].cast<py::array>();
        };
        OneNode::Rows rows{call.input, nullptr, input(grad_y, "grad_output", shape), nullptr, {}};
        if (call.plan->node.reads_output()) rows.output = input(given("output"), "output", shape);
        for (const KeptArray& array : call.plan->node.kept()) {
            if (array.is_given) {
                rows.kept.push_back(given_indices(kept, array, shape_of(x)));
                continue;
            }
            const char* name = array.name.c_str();
            const void* values = array.is_indices
                                     ? static_cast<const void*>(input<std::int32_t>(given(name), name, shape))
                                     : input(given(name), name, {array.count});
            rows.kept.push_back(const_cast<void*>(values));  // of a backward pass, which only reads them
        }
        return rows;
    }

    void run(Call& call, const OneNode::Rows& rows, std::uint64_t seed, std::uint32_t step, float scale) {
        Context context;
        context.samples = call.samples;
        context.seed = seed;
        context.step = step;
        context.gradient_scale = scale;
        const int threads = thread_count();
        double seconds = 0;
        {
            py::gil_scoped_release release;
            seconds = call.plan->node.run(rows, context, threads, signal_check());
        }
        throw_if_raised();
        seconds_ = seconds;
        put_back(call);
    }

    std::unique_ptr<Plan> take(Pass pass) {
        std::unique_ptr<Plan> plan = std::move(plans_[static_cast<std::size_t>(pass)]);
        if (plan != nullptr) bytes_together_ -= plan->node.bytes();
        return plan;
    }

    void put_back(Call& call) {
        take(call.pass);  // that of another thread, which was faster
        const std::size_t bytes = call.plan->node.bytes();
        if (bytes > kMostBytes || bytes > kMostBytesTogether - bytes_together_) return;
        bytes_together_ += bytes;
        plans_[static_cast<std::size_t>(call.pass)] = std::move(call.plan);
    }

    std::string kind_;
    py::dict given_;
    std::map<std::string, Setting> settings_;
    bool is_elementwise_ = false;
    std::array<std::unique_ptr<Plan>, 3> plans_;
    double seconds_ = 0;
    static inline std::size_t bytes_together_ = 0;  // of all layers; whoever changes it holds the GIL
};

}  // namespace

void bind_node(py::module_& m) {
    py::class_<LayerNode>(m, "Node")
        .def(py::init<std::string, const py::dict&>(), py::arg("kind"), py::arg("settings") = py::dict())
        .def("forward", &LayerNode::forward, py::arg("input"), py::arg("arrays") = py::dict(),
             py::arg("kept") = py::none(), py::arg("training") = false, py::arg("seed") = 0,
             py::arg("step") = 0)
        .def("grad_input", &LayerNode::grad_input, py::arg("input"), py::arg("grad_output"),
             py::arg("arrays") = py::dict(), py::arg("kept") = py::dict(), py::arg("training") = false,
             py::arg("seed") = 0, py::arg("step") = 0)
        .def("acc_grad", &LayerNode::acc_grad, py::arg("input"), py::arg("grad_output"),
             py::arg("arrays") = py::dict(), py::arg("kept") = py::dict(), py::arg("training") = false,
             py::arg("scale") = 1.0f)
        .def_property_readonly("seconds", &LayerNode::seconds)
        .def_property_readonly("bytes", &LayerNode::bytes)
        // A copy makes its passes anew.
        .def(py::pickle([](const LayerNode& node) { return node.state(); },
                        [](const py::tuple& state) {
                            return std::make_unique<LayerNode>(state[0].cast<std::string>(),
                                                               state[1].cast<py::dict>());
                        }));
}

}  // namespace cnn
