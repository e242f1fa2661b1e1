#include "kernels/upsampling/upsampling.h"

#include <cmath>
#include <memory>

#include "program/emit/emit.h"
#include "program/shapes.h"

namespace cnn {
namespace {

// The size that is given, or that of the input times the scale; 0 where that is none.
std::ptrdiff_t size_of(std::ptrdiff_t input, std::ptrdiff_t given, double scale) {
    if (given > 0) return given;
    const double size = std::floor(static_cast<double>(input) * scale);
    return size >= 1 && size <= static_cast<double>(kMostValues) ? static_cast<std::ptrdiff_t>(size) : 0;
}

}  // namespace

TensorShape check_upsampling(const Given& given, Node& node) {
    Arguments& a = given.arguments;
    const TensorShape& x = given.x();
    const SizePair size = a.pair("size", 0);
    const double scale_height = a.number("scale_height"), scale_width = a.number("scale_width");
    UpsamplingShape s{};
    s.channels = x.channels;
    s.input_height = x.height;
    s.input_width = x.width;
    s.output_height = size_of(x.height, size.height, scale_height);
    s.output_width = size_of(x.width, size.width, scale_width);
    a.check(x.height > 0 && x.width > 0 && s.output_height > 0 && s.output_width > 0,
            "size, scale: no picture is left of shape " + text_of(x));
    a.check(s.output_height <= kMostValues / s.output_width && s.channels <= kMostValues / s.output_plane(),
            "size, scale: expected at most 2^31 - 1 values");
    const std::string mode = a.text("mode");
    a.check(mode == "nearest" || mode == "bilinear",
            "mode: expected nearest or bilinear, got '" + mode + "'");
    s.bilinear = mode == "bilinear";
    s.align_corners = a.flag("align_corners");
    a.check(s.bilinear || !s.align_corners, "align_corners: expected False for nearest");
    const bool by_sizes = a.flag("recompute_scale_factor");
    s.scale_height = size.height > 0 || by_sizes ? 0 : scale_height;
    s.scale_width = size.width > 0 || by_sizes ? 0 : scale_width;
    node.own = s;
    return {x.channels, s.output_height, s.output_width};
}

void emit_upsampling(Emitter& e, const Node& node) {
    const int x = node.input(), y = node.output;
    const auto plan = std::make_shared<const UpsamplingPlan>(node.own_as<UpsamplingShape>());
    e.unlearned(
        node, [&] { return new UpsampleForward(plan, e.values(x), e.values(y)); },
        [&e, plan, y](float* grad_x) { return new UpsampleBackward(plan, e.gradient(y), grad_x); });
}

}  // namespace cnn
