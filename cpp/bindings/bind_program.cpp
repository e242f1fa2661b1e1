#include <pybind11/stl.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bindings/arrays.h"
#include "bindings/augmentation_arguments.h"
#include "bindings/bindings.h"
#include "bindings/called.h"
#include "bindings/loss_arguments.h"
#include "bindings/node_arguments.h"
#include "bindings/running.h"
#include "bindings/signals.h"
#include "bindings/update_arguments.h"
#include "program/program.h"

namespace cnn {
namespace {

// A program together with the arrays that it points into.
class BoundProgram {
  public:
    BoundProgram(py::ssize_t batch_size, bool training, bool couples_samples, bool frozen)
        : training_(training), program_(checked(batch_size), training, couples_samples, frozen) {}

    int add_input(const py::tuple& shape, const py::array& table) {
        check(shape.size() == 3, "shape: expected (channels, height, width)");
        const auto channels = shape[0].cast<py::ssize_t>(), height = shape[1].cast<py::ssize_t>();
        const auto width = shape[2].cast<py::ssize_t>();
        check(channels > 0 && height > 0 && width > 0, "shape: expected positive sizes");
        check_building();
        check(program_.tensor_count() == 0, "input: this program has one");
        const float* values = input(table, "table", {channels, 256});
        input_shape_ = {channels, height, width};
        return program_.input(channels, height, width, {values, values + channels * 256});
    }

    void augment(const std::map<std::string, double>& settings) {
        check_building();
        check(augments_ = training_, "augment: this program does not train");
        program_.augment(augmentation_settings(settings));
    }

    // After bind(), whose images it is about.
    void bind_augmentation(const py::dict& source, const OptionalArray& partners) {
        check_idle();
        check(augments_, "bind_augmentation: augment() this program first");
        program_.bind_augmentation(augmentation_source(source, input_shape_[0]),
                                   partners_among(partners, count_));
        is_augmented_ = true;
    }

    int add(const std::string& kind, const std::vector<int>& inputs, const py::dict& arrays,
            const py::dict& settings) {
        check_building();
        for (const int x : inputs) check_tensor(x);
        std::map<std::string, NamedArray> named;
        std::vector<py::object> used;
        for (const auto& [name, value] : arrays) {
            if (value.is_none()) continue;
            used.push_back(py::reinterpret_borrow<py::object>(value));
            const auto key = name.cast<std::string>();
            named.emplace(key, named_array(value, key.c_str()));
        }
        std::map<std::string, Setting> plain;
        for (const auto& [name, value] : settings) {
            if (PyCallable_Check(value.ptr()) != 0) {
                used.push_back(py::reinterpret_borrow<py::object>(value));
            } else {
                plain.emplace(name.cast<std::string>(), setting(value, name.cast<std::string>()));
            }
        }
        std::shared_ptr<const CustomLayer> custom;
        if (kind == "custom" && inputs.size() == 1) {
            const TensorShape& from = program_.shape(inputs.front());
            custom = custom_layer({from.channels, from.height, from.width}, settings, plain);
        }
        Arguments arguments(kind, std::move(named), std::move(plain), std::move(custom));
        const int y = program_.add(kind, inputs, arguments);
        kept_.insert(kept_.end(), used.begin(), used.end());
        return y;
    }

    // `sum`: what is made small is the sum over the samples of a batch; of nll and cross_entropy.
    void loss(int x, const std::string& kind, bool sum) {
        check_building();
        check_tensor(x);
        check(!has_loss_, "loss: this program has one");
        const bool is_sum = kind == "sum_squares", is_squares = is_sum || kind == "mse";
        check(is_squares || kind == "cross_entropy" || kind == "nll",
              "kind: expected cross_entropy, nll, mse or sum_squares, got '" + kind + "'");
        (is_squares ? target_size_ : classes_) = program_.shape(x).features();
        if (!is_squares) program_.nll(x, kind == "cross_entropy");
        if (is_squares) program_.squared_error(x, is_sum ? 0.5f : 1.0f / static_cast<float>(target_size_));
        if (is_sum || (sum && !is_squares)) program_.sum_over_samples();
        has_loss_ = true;
    }

    void described_loss(int x, const std::string& function, const py::dict& settings) {
        check_building();
        check_tensor(x);
        check(!has_loss_, "loss: this program has one");
        const std::ptrdiff_t size = program_.shape(x).features();
        const LossForm form = loss_form(function, settings, size);
        (form.of_labels ? classes_ : target_size_) = form.of_labels ? form.classes(size) : size;
        program_.described_loss(x, form);
        has_loss_ = true;
    }

    void called_loss(int x, const py::function& function) {
        check_building();
        check_tensor(x);
        check(!has_loss_, "loss: this program has one");
        check(training_, "called_loss: this program does not train");
        program_.called_loss(x, loss_call(function, program_.shape(x).features()));
        kept_.push_back(function);
        has_loss_ = has_called_loss_ = true;
    }

    void result(int x) {
        check_building();
        check_tensor(x);
        program_.result(x);
    }

    void update(const std::string& rule, const py::array& parameter, const py::array& gradient,
                const std::map<std::string, py::array>& states, py::ssize_t group) {
        check_building();
        program_.update(groups_.update(rule, parameter, gradient, states, group));
        keep(parameter);
        keep(gradient);
        for (const auto& state : states) keep(state.second);
    }

    // A running average of an array, which each step that has a share for it, or take_averages(), moves on.
    void average(const py::array& value, const py::array& average) {
        check_building();
        program_.average(averages_.update("average", average, value, {}, 0));
        keep(value);
        keep(average);
    }

    void take_averages(float share, int threads) {
        check_idle();
        averages_.set({{share}});
        const Running running(running_);
        py::gil_scoped_release release;
        program_.take_averages(Context{}, threads);
    }

    void penalty(const std::vector<py::array>& parameters, const std::vector<py::array>& gradients,
                 float l1) {
        check_building();
        program_.penalty(l1_penalty(parameters, gradients, l1));
        keep(parameters);
        keep(gradients);
    }

    void clip(const std::vector<py::array>& gradients, float norm, float value) {
        check_building();
        program_.clip(gradient_clip(gradients, norm, value));
        keep(gradients);
    }

    void finish() {
        check_building();
        check(program_.tensor_count() > 0, "finish: this program has no input");
        check(!training_ || has_loss_, "a training program needs a loss");
        program_.finish();
        finished_ = true;
    }

    // images: (count, C, H, W), uint8 or float32; targets: None, int64 (count,), or float32 (count,
    // features).
    void bind(const py::array& images, const OptionalArray& targets) {
        check_idle();
        const Shape shape{kAnySize, input_shape_[0], input_shape_[1], input_shape_[2]};
        const bool is_bytes = images.dtype().equal(py::dtype::of<std::uint8_t>());
        const std::uint8_t* bytes = is_bytes ? input<std::uint8_t>(images, "images", shape) : nullptr;
        const float* floats = is_bytes ? nullptr : input<float>(images, "images", shape);
        const std::int64_t* labels = nullptr;
        const float* values = nullptr;
        if (targets && target_size_ > 0) {
            values = input<float>(*targets, "targets", {images.shape(0), target_size_});
        } else if (targets) {
            labels = input<std::int64_t>(*targets, "targets", {images.shape(0)});
            for (py::ssize_t n = 0; n < images.shape(0) && classes_ > 0; ++n) {
                if (labels[n] >= 0 && labels[n] < classes_) continue;
                throw py::value_error("targets: expected 0 to " + std::to_string(classes_ - 1) + ", got " +
                                      std::to_string(labels[n]) + " for sample " + std::to_string(n));
            }
        }
        program_.bind(bytes, floats, labels, values);
        images_ = images;
        targets_ = targets ? py::object(*targets) : py::none();
        count_ = images.shape(0);
        has_targets_ = targets.has_value();
        is_augmented_ = false;
    }

    // (sum of losses, correct), over `indices`; `losses`: None or (count,), written. None: `should_stop` said
    // so. `settings`: for each group of updates those of its rule. `average_share`: of the new arrays in
    // their running averages, which None leaves as they are.
    py::object step(const py::array& indices, std::uint64_t seed, std::uint32_t step_number,
                    std::uint32_t epoch, const std::vector<std::vector<float>>& settings, int threads,
                    const OptionalArray& losses, const py::object& should_stop,
                    const std::optional<float>& average_share) {
        check_idle();
        const std::int64_t* given = input<std::int64_t>(indices, "indices", {kAnySize});
        const py::ssize_t count = indices.shape(0);
        check(training_, "this program does not train");
        check(count > 0 && count <= program_.batch_size(), "indices: expected 1 to " +
                                                               std::to_string(program_.batch_size()) +
                                                               ", got " + std::to_string(count));
        check(has_targets_ || has_called_loss_, "bind() targets before a step");
        check(is_augmented_ || !augments_, "bind_augmentation() before a step");
        indices_.assign(given, given + count);
        for (const std::int64_t index : indices_) {
            if (index >= 0 && index < count_) continue;
            throw py::value_error("indices: expected 0 to " + std::to_string(count_ - 1) + ", got " +
                                  std::to_string(index));
        }
        float* to = optional_output(losses, "losses", {count});
        Context context;
        context.seed = seed;
        context.step = step_number;
        context.epoch = epoch;
        groups_.set(settings);
        if (average_share) averages_.set({{*average_share}});
        RunResult result;
        {
            const Running running(running_);
            py::gil_scoped_release release;
            result = program_.step(indices_.data(), count, context, threads, signal_check(should_stop.ptr()),
                                   to, average_share.has_value());
        }
        return finished(result);
    }

    // Runs images first .. first + count; `rows`: None or (count, outputs), written. The result is that of
    // step.
    py::object forward(py::ssize_t first, py::ssize_t count, bool losses, const OptionalArray& rows,
                       int threads, const py::object& should_stop) {
        check_idle();
        check(first >= 0 && count >= 0 && count <= count_ - first,
              "first, count: not among the bound images");
        check(!losses || (has_loss_ && has_targets_), "bind() targets before losses are asked for");
        float* to = optional_output(rows, "rows", {count, program_.result_features()});
        RunResult result;
        {
            const Running running(running_);
            py::gil_scoped_release release;
            result =
                program_.forward(first, nullptr, count, threads, signal_check(should_stop.ptr()), losses, to);
        }
        return finished(result);
    }

    // The result for each image of an array (count, C, H, W), uint8 or float32, as (count, outputs); None
    // where the array is another one and has to be converted first.
    py::object predict(const py::object& images, int threads) {
        check_idle();
        if (!py::isinstance<py::array>(images)) return py::none();
        const auto array = py::reinterpret_borrow<py::array>(images);
        const int type =
            py::detail::array_descriptor_proxy(py::detail::array_proxy(array.ptr())->descr)->type_num;
        const bool is_bytes = type == py::dtype::num_of<std::uint8_t>();
        const bool fits = (is_bytes || type == py::dtype::num_of<float>()) && array.ndim() == 4 &&
                          std::equal(input_shape_.begin(), input_shape_.end(), array.shape() + 1) &&
                          (array.flags() & kPlain) == kPlain && array.dtype().byteorder() != '>';
        if (!fits) return py::none();
        const py::ssize_t count = array.shape(0);
        py::array_t<float> rows({count, program_.result_features()});
        program_.bind(is_bytes ? static_cast<const std::uint8_t*>(array.data()) : nullptr,
                      is_bytes ? nullptr : static_cast<const float*>(array.data()), nullptr, nullptr);
        count_ = 0;  // what was bound before is bound no more, even if the run throws
        has_targets_ = false;
        RunResult result;
        {
            float* to = rows.mutable_data();
            const Running running(running_);
            py::gil_scoped_release release;
            result = program_.forward(0, nullptr, count, threads, signal_check(), false, to);
        }
        program_.bind(nullptr, nullptr, nullptr, nullptr);
        finished(result);
        return std::move(rows);
    }

    std::size_t bytes() const { return program_.bytes(); }
    // Each stage a list of (name, tensor, tasks, scratch bytes).
    py::list stages() const {
        check(finished_, "finish() this program first");
        py::list stages;
        for (const auto& stage : program_.stages()) {
            py::list operations;
            for (const Operation& o : stage)
                operations.append(py::make_tuple(o.name, o.tensor, o.tasks, o.scratch_bytes));
            stages.append(operations);
        }
        return stages;
    }
    py::tuple shape(int x) const {
        check_tensor(x);
        const TensorShape& s = program_.shape(x);
        return py::make_tuple(s.channels, s.height, s.width);
    }

  private:
    static constexpr int kPlain = py::array::c_style | py::detail::npy_api::NPY_ARRAY_ALIGNED_;

    static py::ssize_t checked(py::ssize_t batch_size) {
        check(batch_size >= 1, "batch_size: expected at least 1, got " + std::to_string(batch_size));
        return batch_size;
    }

    void check_building() const { check(!finished_, "this program is finished; make a new one"); }

    void check_idle() const {
        check(finished_, "finish() this program first");
        check(!running_, "this program is running; wait until it has ended");
    }

    void check_tensor(int x) const {
        const int count = program_.tensor_count();
        if (x >= 0 && x < count) return;
        throw py::value_error(
            "x: expected a tensor of this program, " +
            (count > 0 ? "0 to " + std::to_string(count - 1) : std::string("which has none")) + ", got " +
            std::to_string(x));
    }

    static py::object finished(const RunResult& result) {
        if (result.outcome == Outcome::kStopped) {
            throw_if_raised();
            return py::none();
        }
        return py::make_tuple(result.loss, result.correct);
    }

    void keep(const py::array& array) { kept_.push_back(array); }
    void keep(const std::vector<py::array>& arrays) {
        kept_.insert(kept_.end(), arrays.begin(), arrays.end());
    }

    bool training_, has_loss_ = false, has_called_loss_ = false, has_targets_ = false, finished_ = false,
                    running_ = false, augments_ = false, is_augmented_ = false;
    std::vector<std::int64_t> indices_;  // a copy: the array may change while the step runs
    py::ssize_t classes_ = 0, target_size_ = 0, count_ = 0;
    Shape input_shape_{1, 1, 1};
    py::object images_, targets_;
    std::vector<py::object> kept_;
    UpdateGroups groups_, averages_;
    Program program_;
};

}  // namespace

void bind_program(py::module_& m) {
    py::class_<BoundProgram>(m, "Program")
        .def(py::init<py::ssize_t, bool, bool, bool>(), py::arg("batch_size"), py::kw_only(),
             py::arg("training"), py::arg("couples_samples"), py::arg("frozen") = false)
        .def("input", &BoundProgram::add_input, py::arg("shape"), py::arg("table"))
        .def("augment", &BoundProgram::augment, py::arg("settings"))
        .def("bind_augmentation", &BoundProgram::bind_augmentation, py::arg("source"), py::arg("partners"))
        .def("add", &BoundProgram::add, py::arg("kind"), py::arg("inputs"), py::arg("arrays") = py::dict(),
             py::arg("settings") = py::dict())
        .def("loss", &BoundProgram::loss, py::arg("x"), py::kw_only(), py::arg("kind"),
             py::arg("sum") = false)
        .def("described_loss", &BoundProgram::described_loss, py::arg("x"), py::arg("function"),
             py::arg("settings"))
        .def("called_loss", &BoundProgram::called_loss, py::arg("x"), py::arg("function"))
        .def("result", &BoundProgram::result, py::arg("x"))
        .def("update", &BoundProgram::update, py::arg("rule"), py::arg("parameter"), py::arg("gradient"),
             py::arg("states"), py::kw_only(), py::arg("group") = 0)
        .def("average", &BoundProgram::average, py::arg("value"), py::arg("average"))
        .def("penalty", &BoundProgram::penalty, py::arg("parameters"), py::arg("gradients"), py::kw_only(),
             py::arg("l1"))
        .def("clip", &BoundProgram::clip, py::arg("gradients"), py::kw_only(), py::arg("norm"),
             py::arg("value"))
        .def("finish", &BoundProgram::finish)
        .def("bind", &BoundProgram::bind, py::arg("images"), py::arg("targets"))
        .def("step", &BoundProgram::step, py::arg("indices"), py::kw_only(), py::arg("seed"), py::arg("step"),
             py::arg("epoch"), py::arg("settings"), py::arg("threads"), py::arg("losses") = py::none(),
             py::arg("should_stop") = py::none(), py::arg("average_share") = py::none())
        .def("take_averages", &BoundProgram::take_averages, py::kw_only(), py::arg("share"),
             py::arg("threads"))
        .def("forward", &BoundProgram::forward, py::kw_only(), py::arg("first"), py::arg("count"),
             py::arg("losses"), py::arg("rows"), py::arg("threads"), py::arg("should_stop") = py::none())
        .def("predict", &BoundProgram::predict, py::arg("images"), py::arg("threads"))
        .def("bytes", &BoundProgram::bytes)
        .def("stages", &BoundProgram::stages)
        .def("shape", &BoundProgram::shape, py::arg("x"));
}

}  // namespace cnn
