// The arrays and settings of an update rule as Python gives them: by name, checked against the rule.
#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "bindings/arrays.h"
#include "kernels/update/clip.h"
#include "kernels/update/penalty.h"
#include "kernels/update/update.h"

namespace cnn {

// The states that are not in `states` are left without use.
inline UpdateArrays update_arrays(const UpdateRule& rule, const py::array& parameter,
                                  const py::array& gradient, const std::map<std::string, py::array>& states) {
    UpdateArrays arrays{};
    arrays.parameter = output(parameter, "parameter", shape_of(parameter));
    arrays.gradient = input(gradient, "gradient", shape_of(parameter));
    const std::vector<std::string> names = words(rule.states);
    std::size_t found = 0;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto state = states.find(names[i]);
        if (state == states.end()) continue;
        arrays.states[i] = output(state->second, names[i].c_str(), shape_of(parameter));
        ++found;
    }
    check(found == states.size(), std::string("states: those of ") + rule.name + " are " + rule.states);
    return arrays;
}

// Of float32 arrays, changed in place; bounds of 0 are none.
inline GradientClip gradient_clip(const std::vector<py::array>& gradients, float norm, float value) {
    GradientClip clip;
    for (const py::array& gradient : gradients)
        clip.add(output(gradient, "gradient", shape_of(gradient)), gradient.size());
    clip.set(norm, value);
    return clip;
}

inline L1Penalty l1_penalty(const std::vector<py::array>& parameters, const std::vector<py::array>& gradients,
                            float rate) {
    check(parameters.size() == gradients.size(), "gradients: expected one for each parameter");
    L1Penalty penalty;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const Shape shape = shape_of(parameters[i]);
        penalty.add(input(parameters[i], "parameter", shape), output(gradients[i], "gradient", shape),
                    parameters[i].size());
    }
    penalty.set(rate);
    return penalty;
}

using UpdateSettings = std::array<float, kMostSettings>;

// `count`: of the rule's settings.
inline UpdateSettings update_settings(const UpdateRule& rule, std::size_t count,
                                      const std::vector<float>& values) {
    if (values.size() != count) {
        throw py::value_error("settings: expected " + std::to_string(count) + " for " + rule.name + " (" +
                              rule.settings + "), got " + std::to_string(values.size()));
    }
    UpdateSettings settings{};
    std::copy(values.begin(), values.end(), settings.begin());
    return settings;
}

// Parameters that are updated with the same settings, which come anew with each step.
class UpdateGroups {
  public:
    // The update of one parameter in group 0, 1, ...; a group has one rule.
    std::unique_ptr<Update> update(const std::string& name, const py::array& parameter,
                                   const py::array& gradient, const std::map<std::string, py::array>& states,
                                   py::ssize_t group) {
        const UpdateRule& rule = update_rule(name);
        const auto count = static_cast<py::ssize_t>(groups_.size());
        check(group >= 0 && group <= count,
              "group: expected 0 to " + std::to_string(count) + ", got " + std::to_string(group));
        const UpdateArrays arrays = update_arrays(rule, parameter, gradient, states);
        if (group == count) groups_.push_back({&rule, words(rule.settings).size(), {}});
        Group& own = groups_[static_cast<std::size_t>(group)];
        check(own.rule == &rule, "group: " + std::to_string(group) + " has the rule " + own.rule->name);
        return std::make_unique<Update>(rule, parameter.size(), arrays, own.settings.data());
    }

    void set(const std::vector<std::vector<float>>& settings) {
        check(settings.size() == groups_.size(), "settings: expected those of " +
                                                     std::to_string(groups_.size()) + " groups, got " +
                                                     std::to_string(settings.size()));
        for (std::size_t i = 0; i < settings.size(); ++i)
            groups_[i].settings = update_settings(*groups_[i].rule, groups_[i].count, settings[i]);
    }

  private:
    struct Group {
        const UpdateRule* rule;
        std::size_t count;  // of its settings
        UpdateSettings settings;
    };
    std::deque<Group> groups_;  // does not move what updates point to
};

}  // namespace cnn
