#include "kernels/single/single_layers.h"

#include <algorithm>

namespace cnn {
namespace {

// Values read in a task: enough to pay for handing it to a thread.
constexpr std::ptrdiff_t kTaskValues = 1 << 16;

std::ptrdiff_t task_count(std::ptrdiff_t values, std::ptrdiff_t most) {
    return std::clamp<std::ptrdiff_t>(values / kTaskValues, 1, std::max<std::ptrdiff_t>(1, most));
}

template <class T, class Convert>
void interleave(const T* planes, const SingleTensor& to, Convert convert) {
    for (std::ptrdiff_t c = 0; c < to.channels; ++c) {
        for (std::ptrdiff_t h = 0; h < to.height; ++h) {
            float* row = to.at(h, 0) + c;
            const std::ptrdiff_t pixel = to.pixel;
            if (pixel == 1) {  // an image of one channel: no lanes to skip
                std::transform(planes, planes + to.width, row, [=](T value) { return convert(c, value); });
                planes += to.width;
            } else {
                for (std::ptrdiff_t w = 0; w < to.width; ++w) row[w * pixel] = convert(c, *planes++);
            }
        }
    }
}

}  // namespace

void SingleFromPlanes::run(const Context&, std::ptrdiff_t, std::byte*) const {
    single_from_planes(planes_, output_);
}

void single_from_planes(const float* planes, const SingleTensor& output) {
    interleave(planes, output, [](std::ptrdiff_t, float value) { return value; });
}

void SingleInput::run(const Context&, std::ptrdiff_t, std::byte*) const {
    const std::int64_t image = source_->indices ? source_->indices[0] : source_->first;
    const std::ptrdiff_t offset = image * output_.features();
    if (source_->bytes) {
        interleave(source_->bytes + offset, output_, [this](std::ptrdiff_t channel, std::uint8_t byte) {
            return table_[channel * 256 + byte];
        });
    } else {
        single_from_planes(source_->floats + offset, output_);
    }
}

void SingleFlatten::run(const Context&, std::ptrdiff_t, std::byte*) const {
    float* to = output_;
    for (std::ptrdiff_t c = 0; c < input_.channels; ++c) {
        for (std::ptrdiff_t h = 0; h < input_.height; ++h) {
            const float* row = input_.at(h, 0) + c;
            if (input_.pixel == 1) {
                to = std::copy(row, row + input_.width, to);
            } else {
                for (std::ptrdiff_t w = 0; w < input_.width; ++w) *to++ = row[w * input_.pixel];
            }
        }
    }
}

SingleLinear::SingleLinear(std::ptrdiff_t inputs, std::ptrdiff_t outputs, const float* weight,
                           const float* bias, bool relu, const float* input, float* output)
    : body_(CNN_SELECT_BODY(single_layers_body)),
      products_{},
      outputs_(outputs),
      tasks_(task_count(inputs * outputs, outputs)) {
    products_.input = input;
    products_.output = output;
    products_.weight = weight;
    products_.bias = bias;
    products_.inputs = inputs;
    products_.relu = relu;
}

void SingleLinear::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    SingleProducts part = products_;
    part.begin = task * outputs_ / tasks_;
    part.end = (task + 1) * outputs_ / tasks_;
    body_->products(part);
}

SinglePooling::SinglePooling(Kind kind, const PoolingShape& shape, const SingleTensor& input,
                             const SingleTensor& output)
    : body_(CNN_SELECT_BODY(single_layers_body)),
      kind_(kind),
      shape_(shape),
      input_(input),
      output_(output),
      tasks_(task_count(output.features() * shape.kernel_height * shape.kernel_width, output.height)) {}

void SinglePooling::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    const std::ptrdiff_t begin = task * output_.height / tasks_, end = (task + 1) * output_.height / tasks_;
    if (kind_ == Kind::kMaximum) return body_->max_pooling(shape_, input_, output_, begin, end);
    body_->average_pooling(shape_, kind_ == Kind::kAverageWithPadding, input_, output_, begin, end);
}

SingleActivation::SingleActivation(const Activation& activation, const SingleTensor& input,
                                   const SingleTensor& output)
    : activation_(activation), input_(input), output_(output) {
    const ActivationBodies* bodies = CNN_SELECT_BODY(activation_bodies);
    function_ = bodies->of[static_cast<std::size_t>(activation.kind)].single;
}

void SingleActivation::run(const Context&, std::ptrdiff_t, std::byte*) const {
    for (std::ptrdiff_t h = 0; h < input_.height; ++h) {
        function_(input_.at(h, 0), output_.at(h, 0), input_.width * input_.pixel, activation_.alpha,
                  activation_.beta);
    }
}

SingleNormalize::SingleNormalize(const SingleNormalization& normalization, bool relu,
                                 const SingleTensor& input, const SingleTensor& output)
    : body_(CNN_SELECT_BODY(single_layers_body)),
      arrays_(normalization, output.channels, output.pixel),
      relu_(relu),
      input_(input),
      output_(output) {}

bool SingleNormalize::pack() {
    arrays_.pack();
    return true;
}

void SingleNormalize::run(const Context&, std::ptrdiff_t, std::byte*) const {
    for (std::ptrdiff_t h = 0; h < input_.height; ++h) {
        body_->normalize(arrays_.from(0, relu_), input_.at(h, 0), output_.at(h, 0), input_.width,
                         input_.pixel);
    }
}

SingleLogSoftmax::SingleLogSoftmax(std::ptrdiff_t classes, const float* input, float* output)
    : body_(CNN_SELECT_BODY(single_layers_body)), classes_(classes), input_(input), output_(output) {}

void SingleLogSoftmax::run(const Context&, std::ptrdiff_t, std::byte*) const {
    body_->log_softmax(input_, output_, classes_);
}

}  // namespace cnn
