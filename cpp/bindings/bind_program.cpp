#include <pybind11/stl.h>

#include <algorithm>
#include <string>
#include <vector>

#include "bindings/arrays.h"
#include "bindings/bindings.h"
#include "bindings/signals.h"
#include "program/program.h"

namespace cnn {
namespace {

// Holds the GIL during the call; an exception becomes Python's current error and `false`.
template <class Function>
auto guarded(Function function) {
    return [function](auto... arguments) {
        py::gil_scoped_acquire gil;
        try {
            function(arguments...);
            return true;
        } catch (py::error_already_set& error) {
            error.restore();
        } catch (const py::type_error& error) {
            PyErr_SetString(PyExc_TypeError, error.what());
        } catch (const std::exception& error) {
            PyErr_SetString(PyExc_ValueError, error.what());
        }
        return false;
    };
}

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

    int convolution(int x, const py::array& weight, const OptionalArray& bias,
                    const OptionalArray& grad_weight, const OptionalArray& grad_bias, const py::tuple& stride,
                    const py::tuple& padding, const py::tuple& dilation, py::ssize_t groups, bool relu,
                    const std::optional<std::vector<py::tuple>>& max_pooling) {
        check_tensor(x);
        const Pair s = pair(stride, "stride", 1), p = pair(padding, "padding", 0),
                   d = pair(dilation, "dilation", 1);
        const py::ssize_t channels = program_.channels(x);
        check(groups >= 1 && channels % groups == 0, "groups: does not divide the input channels");
        input(weight, "weight", {kAny, channels / groups, kAny, kAny});
        const py::ssize_t outputs = weight.shape(0), kh = weight.shape(2), kw = weight.shape(3);
        check(outputs > 0 && outputs % groups == 0 && kh > 0 && kw > 0, "weight: does not fit the groups");
        const py::ssize_t rows = program_.height(x) + 2 * p.height - d.height * (kh - 1) - 1;
        const py::ssize_t cols = program_.width(x) + 2 * p.width - d.width * (kw - 1) - 1;
        check(rows >= 0 && cols >= 0, "weight: the kernel does not fit the input");
        const ConvolutionShape shape{channels,
                                     program_.height(x),
                                     program_.width(x),
                                     outputs,
                                     rows / s.height + 1,
                                     cols / s.width + 1,
                                     kh,
                                     kw,
                                     s.height,
                                     s.width,
                                     p.height,
                                     p.width,
                                     d.height,
                                     d.width,
                                     groups};
        const LearnedArrays arrays = learned(weight, bias, grad_weight, grad_bias, outputs);
        if (!max_pooling) return program_.convolution(x, shape, arrays, relu);
        check(max_pooling->size() == 3, "max_pooling: expected (kernel, stride, padding)");
        const PoolingShape window = pooling({outputs, shape.output_height, shape.output_width},
                                            (*max_pooling)[0], (*max_pooling)[1], (*max_pooling)[2]);
        return program_.pooled_convolution(x, shape, window, arrays, relu);
    }

    int linear(int x, const py::array& weight, const OptionalArray& bias, const OptionalArray& grad_weight,
               const OptionalArray& grad_bias, bool relu) {
        check_tensor(x);
        input(weight, "weight", {kAny, program_.features(x)});
        check(weight.shape(0) > 0, "weight: expected at least one output");
        return program_.linear(x, weight.shape(0),
                               learned(weight, bias, grad_weight, grad_bias, weight.shape(0)), relu);
    }

    int max_pooling(int x, const py::tuple& kernel, const py::tuple& stride, const py::tuple& padding) {
        check_tensor(x);
        return program_.max_pooling(x, pooling(shape_of_tensor(x), kernel, stride, padding));
    }

    int average_pooling(int x, const py::tuple& kernel, const py::tuple& stride, const py::tuple& padding,
                        bool count_padding) {
        check_tensor(x);
        return program_.average_pooling(x, pooling(shape_of_tensor(x), kernel, stride, padding),
                                        count_padding);
    }

    int activation(int x, const std::string& kind) {
        check_tensor(x);
        if (kind == "relu") return program_.activation(x, ActivationKind::kRelu);
        if (kind == "tanh") return program_.activation(x, ActivationKind::kTanh);
        check(kind == "sigmoid", "kind: expected relu, tanh or sigmoid, got '" + kind + "'");
        return program_.activation(x, ActivationKind::kSigmoid);
    }

    int batch_normalization(int x, const OptionalArray& weight, const OptionalArray& bias,
                            const OptionalArray& grad_weight, const OptionalArray& grad_bias,
                            const py::array& running_mean, const py::array& running_variance, float momentum,
                            float epsilon, bool relu) {
        check_tensor(x);
        const py::ssize_t channels = program_.channels(x);
        LearnedArrays arrays{optional_input(weight, "weight", {channels}),
                             optional_input(bias, "bias", {channels}), nullptr, nullptr};
        if (training_) {
            arrays.grad_weight = optional_output(grad_weight, "grad_weight", {channels});
            arrays.grad_bias = optional_output(grad_bias, "grad_bias", {channels});
        }
        for (const OptionalArray* array : {&weight, &bias, &grad_weight, &grad_bias}) keep(*array);
        keep(running_mean);
        keep(running_variance);
        return program_.batch_normalization(
            x, arrays, state(running_mean, "running_mean", {channels}, training_),
            state(running_variance, "running_variance", {channels}, training_), momentum, epsilon, relu);
    }

    int dropout(int x, float rate, std::uint32_t layer) {
        check_tensor(x);
        check(rate >= 0.0f && rate < 1.0f, "rate: expected 0 <= rate < 1, got " + std::to_string(rate));
        return program_.dropout(x, rate, layer);
    }

    int flatten(int x) {
        check_tensor(x);
        return program_.flatten(x);
    }

    int log_softmax(int x) {
        check_tensor(x);
        return program_.log_softmax(x);
    }

    // forward(input) -> output; backward(input, grad_output, accumulate) -> grad_input; on arrays (samples,
    // *shape) that own their memory.
    int foreign(int x, const py::tuple& output_shape, py::object forward, py::object backward) {
        check_tensor(x);
        check(output_shape.size() == 3, "output_shape: expected (channels, height, width)");
        const Shape in{program_.channels(x), program_.height(x), program_.width(x)};
        const Shape out{output_shape[0].cast<py::ssize_t>(), output_shape[1].cast<py::ssize_t>(),
                        output_shape[2].cast<py::ssize_t>()};
        py::ssize_t left = INT32_MAX;
        for (const py::ssize_t size : out) left = size < 1 ? 0 : left / size;
        check(left > 0, "output_shape: expected sizes from 1, at most 2^31 - 1 values");
        const auto rows = [](std::ptrdiff_t samples, const Shape& shape, const float* values) {
            return py::array_t<float>({samples, shape[0], shape[1], shape[2]}, values);
        };
        const auto take = [](const py::object& result, std::ptrdiff_t samples, const Shape& shape,
                             const char* what, float* to) {
            const auto array = result.cast<py::array>();
            const float* values = input(array, what, {samples, shape[0], shape[1], shape[2]});
            std::copy_n(values, array.size(), to);
        };
        ForeignLayer layer;
        layer.forward = guarded([=](std::ptrdiff_t samples, const float* from, float* to) {
            take(forward(rows(samples, in, from)), samples, out, "output of an own layer", to);
        });
        layer.backward = guarded([=](std::ptrdiff_t samples, const float* from, const float* gradient,
                                     float* to, bool accumulate) {
            take(backward(rows(samples, in, from), rows(samples, out, gradient), accumulate), samples, in,
                 "gradient from an own layer", to);
        });
        kept_.push_back(forward);
        kept_.push_back(backward);
        return program_.foreign(x, out[0], out[1], out[2], std::move(layer));
    }

    void loss(int x, const std::string& kind) {
        check_tensor(x);
        check(!has_loss_, "loss: this program has one");
        if (kind == "cross_entropy" || kind == "nll") {
            classes_ = program_.features(x);
            program_.nll(x, kind == "cross_entropy");
        } else if (kind == "mse") {
            target_size_ = program_.features(x);
            program_.squared_error(x, 1.0f / static_cast<float>(target_size_));
        } else {
            check(kind == "half_squared_error",
                  "kind: expected cross_entropy, nll, mse or half_squared_error, got '" + kind + "'");
            target_size_ = program_.features(x);
            program_.squared_error(x, 0.5f);
        }
        has_loss_ = true;
    }

    void result(int x) {
        check_tensor(x);
        program_.result(x);
    }

    void sgd(const py::array& value, const py::array& gradient, const OptionalArray& velocity, float momentum,
             float dampening, bool nesterov, float weight_decay) {
        check_building();
        float* parameter = output(value, "value", shape_of(value));
        const float* grad = input(gradient, "gradient", shape_of(value));
        float* state = optional_output(velocity, "velocity", shape_of(value));
        check(state != nullptr || momentum == 0.0f, "velocity: an array is needed where momentum is not 0");
        keep(value);
        keep(gradient);
        keep(velocity);
        program_.sgd(value.size(), parameter, grad, state,
                     {0.0f, momentum, dampening, weight_decay, nesterov});
    }

    void finish() {
        check_building();
        check(!training_ || has_loss_, "a training program needs a loss");
        program_.finish();
        finished_ = true;
    }

    // images: (count, C, H, W), uint8 or float32; targets: None, int64 (count,), or float32 (count,
    // features).
    void bind(const py::array& images, const OptionalArray& targets) {
        check_idle();
        const Shape shape{kAny, input_shape_[0], input_shape_[1], input_shape_[2]};
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
    }

    // (sum of losses, correct), over `indices`; `losses`: None or (count,), written. None: `should_stop` said
    // so.
    py::object step(const py::array& indices, std::uint64_t seed, std::uint32_t step_number,
                    std::uint32_t epoch, float learning_rate, int threads, const OptionalArray& losses,
                    const py::object& should_stop) {
        check_idle();
        const std::int64_t* given = input<std::int64_t>(indices, "indices", {kAny});
        const py::ssize_t count = indices.shape(0);
        check(training_, "this program does not train");
        check(count > 0 && count <= program_.batch_size(), "indices: expected 1 to " +
                                                               std::to_string(program_.batch_size()) +
                                                               ", got " + std::to_string(count));
        check(has_targets_, "bind() targets before a step");
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
        context.learning_rate = learning_rate;
        RunResult result;
        {
            const Running running(running_);
            py::gil_scoped_release release;
            result =
                program_.step(indices_.data(), count, context, threads, signal_check(should_stop.ptr()), to);
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
    py::tuple shape(int x) const {
        return py::make_tuple(program_.channels(x), program_.height(x), program_.width(x));
    }

  private:
    static constexpr int kPlain = py::array::c_style | py::detail::npy_api::NPY_ARRAY_ALIGNED_;

    static py::ssize_t checked(py::ssize_t batch_size) {
        check(batch_size >= 1, "batch_size: expected at least 1, got " + std::to_string(batch_size));
        return batch_size;
    }

    // While it stands, the program runs without the GIL: calls of other threads and of own layers are
    // refused.
    class Running {
      public:
        explicit Running(bool& flag) : flag_(flag) { flag_ = true; }
        ~Running() { flag_ = false; }
        Running(const Running&) = delete;
        Running& operator=(const Running&) = delete;

      private:
        bool& flag_;
    };

    void check_building() const { check(!finished_, "this program is finished; make a new one"); }

    void check_idle() const {
        check(finished_, "finish() this program first");
        check(!running_, "this program is running; wait until it has ended");
    }

    // What adds to the program starts with this.
    void check_tensor(int x) const {
        check_building();
        const int count = program_.tensor_count();
        if (x == count - 1 && count > 0) return;
        // A second reader would see what a fused layer no longer stores, and its gradient would replace that
        // of the first.
        if (x >= 0 && x < count) {
            throw py::value_error("x: tensor " + std::to_string(x) +
                                  " has been read; a program is a chain, pass its last tensor, " +
                                  std::to_string(count - 1));
        }
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

    Shape shape_of_tensor(int x) const {
        return {program_.channels(x), program_.height(x), program_.width(x)};
    }

    static PoolingShape pooling(const Shape& shape, const py::tuple& kernel, const py::tuple& stride,
                                const py::tuple& padding) {
        const Pair k = pair(kernel, "kernel", 1), s = pair(stride, "stride", 1),
                   p = pair(padding, "padding", 0);
        const py::ssize_t height = shape[1], width = shape[2];
        const py::ssize_t rows = height + 2 * p.height - k.height, cols = width + 2 * p.width - k.width;
        check(rows >= 0 && cols >= 0, "kernel: does not fit the input");
        check(2 * p.height <= k.height && 2 * p.width <= k.width,
              "padding: expected at most half the kernel");
        const py::ssize_t last_row = rows / s.height * s.height - p.height,
                          last_col = cols / s.width * s.width - p.width;
        check(last_row < height && last_col < width, "padding: a window lies wholly in the padding");
        return {
            shape[0], height,   width,  rows / s.height + 1, cols / s.width + 1, k.height, k.width, s.height,
            s.width,  p.height, p.width};
    }

    LearnedArrays learned(const py::array& weight, const OptionalArray& bias,
                          const OptionalArray& grad_weight, const OptionalArray& grad_bias,
                          py::ssize_t outputs) {
        LearnedArrays arrays;
        arrays.weight = static_cast<const float*>(weight.data());
        arrays.bias = optional_input(bias, "bias", {outputs});
        if (training_) {
            check(grad_weight.has_value(), "grad_weight: needed for training");
            arrays.grad_weight = output(*grad_weight, "grad_weight", shape_of(weight));
            arrays.grad_bias = optional_output(grad_bias, "grad_bias", {outputs});
        }
        keep(weight);
        for (const OptionalArray* array : {&bias, &grad_weight, &grad_bias}) keep(*array);
        return arrays;
    }

    void keep(const py::array& array) { kept_.push_back(array); }
    void keep(const OptionalArray& array) {
        if (array) kept_.push_back(*array);
    }

    bool training_, has_loss_ = false, has_targets_ = false, finished_ = false, running_ = false;
    std::vector<std::int64_t> indices_;  // a copy: the array may change while the step runs
    py::ssize_t classes_ = 0, target_size_ = 0, count_ = 0;
    Shape input_shape_{1, 1, 1};
    py::object images_, targets_;
    std::vector<py::object> kept_;
    Program program_;
};

}  // namespace

void bind_program(py::module_& m) {
    py::class_<BoundProgram>(m, "Program")
        .def(py::init<py::ssize_t, bool, bool, bool>(), py::arg("batch_size"), py::kw_only(),
             py::arg("training"), py::arg("couples_samples"), py::arg("frozen") = false)
        .def("input", &BoundProgram::add_input, py::arg("shape"), py::arg("table"))
        .def("convolution", &BoundProgram::convolution, py::arg("x"), py::arg("weight"), py::arg("bias"),
             py::arg("grad_weight"), py::arg("grad_bias"), py::kw_only(), py::arg("stride"),
             py::arg("padding"), py::arg("dilation"), py::arg("groups"), py::arg("relu"),
             py::arg("max_pooling") = py::none())
        .def("linear", &BoundProgram::linear, py::arg("x"), py::arg("weight"), py::arg("bias"),
             py::arg("grad_weight"), py::arg("grad_bias"), py::kw_only(), py::arg("relu"))
        .def("max_pooling", &BoundProgram::max_pooling, py::arg("x"), py::kw_only(), py::arg("kernel"),
             py::arg("stride"), py::arg("padding"))
        .def("average_pooling", &BoundProgram::average_pooling, py::arg("x"), py::kw_only(),
             py::arg("kernel"), py::arg("stride"), py::arg("padding"), py::arg("count_padding"))
        .def("activation", &BoundProgram::activation, py::arg("x"), py::kw_only(), py::arg("kind"))
        .def("batch_normalization", &BoundProgram::batch_normalization, py::arg("x"), py::arg("weight"),
             py::arg("bias"), py::arg("grad_weight"), py::arg("grad_bias"), py::arg("running_mean"),
             py::arg("running_variance"), py::kw_only(), py::arg("momentum"), py::arg("epsilon"),
             py::arg("relu"))
        .def("dropout", &BoundProgram::dropout, py::arg("x"), py::kw_only(), py::arg("rate"),
             py::arg("layer"))
        .def("flatten", &BoundProgram::flatten, py::arg("x"))
        .def("log_softmax", &BoundProgram::log_softmax, py::arg("x"))
        .def("foreign", &BoundProgram::foreign, py::arg("x"), py::kw_only(), py::arg("output_shape"),
             py::arg("forward"), py::arg("backward"))
        .def("loss", &BoundProgram::loss, py::arg("x"), py::kw_only(), py::arg("kind"))
        .def("result", &BoundProgram::result, py::arg("x"))
        .def("sgd", &BoundProgram::sgd, py::arg("value"), py::arg("gradient"), py::arg("velocity"),
             py::kw_only(), py::arg("momentum"), py::arg("dampening"), py::arg("nesterov"),
             py::arg("weight_decay"))
        .def("finish", &BoundProgram::finish)
        .def("bind", &BoundProgram::bind, py::arg("images"), py::arg("targets"))
        .def("step", &BoundProgram::step, py::arg("indices"), py::kw_only(), py::arg("seed"), py::arg("step"),
             py::arg("epoch"), py::arg("learning_rate"), py::arg("threads"), py::arg("losses") = py::none(),
             py::arg("should_stop") = py::none())
        .def("forward", &BoundProgram::forward, py::kw_only(), py::arg("first"), py::arg("count"),
             py::arg("losses"), py::arg("rows"), py::arg("threads"), py::arg("should_stop") = py::none())
        .def("predict", &BoundProgram::predict, py::arg("images"), py::arg("threads"))
        .def("bytes", &BoundProgram::bytes)
        .def("shape", &BoundProgram::shape, py::arg("x"));
}

}  // namespace cnn
