// A loss with settings as Python gives it: by names, checked.
#pragma once

#include <string>

#include "bindings/arrays.h"
#include "kernels/loss/described_loss.h"

namespace cnn {

inline void name_loss(LossForm& form, const std::string& function) {
    const struct {
        const char* name;
        LossFamily family;
        ValueFunction function;
    } known[] = {
        {"square", LossFamily::kValues, ValueFunction::kSquare},
        {"absolute", LossFamily::kValues, ValueFunction::kAbsolute},
        {"smooth_l1", LossFamily::kValues, ValueFunction::kSmoothL1},
        {"huber", LossFamily::kValues, ValueFunction::kHuber},
        {"hinge", LossFamily::kValues, ValueFunction::kHinge},
        {"soft_margin", LossFamily::kValues, ValueFunction::kSoftMargin},
        {"bce", LossFamily::kValues, ValueFunction::kBce},
        {"bce_logits", LossFamily::kValues, ValueFunction::kBceLogits},
        {"kl_divergence", LossFamily::kValues, ValueFunction::kKlDivergence},
        {"kl_of_logs", LossFamily::kValues, ValueFunction::kKlOfLogs},
        {"multi_margin", LossFamily::kMargins, ValueFunction::kSquare},
        {"nll", LossFamily::kLogShares, ValueFunction::kSquare},
        {"cross_entropy", LossFamily::kCrossShares, ValueFunction::kSquare},
    };
    for (const auto& row : known) {
        if (function != row.name) continue;
        form.family = row.family;
        form.function = row.function;
        return;
    }
    throw py::value_error("function: unknown, '" + function + "'");
}

inline LossDivisor loss_divisor(const std::string& name) {
    if (name == "weights") return LossDivisor::kWeights;
    if (name == "samples") return LossDivisor::kSamples;
    check(name == "nothing", "divisor: expected nothing, samples or weights, got '" + name + "'");
    return LossDivisor::kNothing;
}

// `weight`, `positive`: float32 (size,)
inline LossForm loss_form(const std::string& function, const py::dict& settings, py::ssize_t size) {
    LossForm form;
    name_loss(form, function);
    form.of_labels = form.family != LossFamily::kValues;
    for (const auto& [key, value] : settings) {
        const auto name = key.cast<std::string>();
        if (name == "weight" || name == "positive") {
            const float* values = input(value.cast<py::array>(), name.c_str(), {size});
            (name == "weight" ? form.weight : form.positive).assign(values, values + size);
        } else if (name == "divisor") {
            form.divisor = loss_divisor(value.cast<std::string>());
        } else if (name == "power") {
            form.power = value.cast<int>();
        } else if (name == "of_labels") {
            form.of_labels = form.of_labels || value.cast<bool>();
        } else if (name == "alpha") {
            form.alpha = value.cast<float>();
        } else if (name == "factor") {
            form.factor = value.cast<float>();
        } else if (name == "off") {
            form.off = value.cast<float>();
        } else if (name == "on") {
            form.on = value.cast<float>();
        } else {
            check(name == "threshold", "described_loss: unknown setting '" + name + "'");
            form.threshold = value.cast<float>();
        }
    }
    check(size < (1 << 24), "x: labels up to 2^24 are told apart");
    return form;
}

}  // namespace cnn
