// The update rules: how an optimizer changes parameters by their gradients, as update_rules.simd.cpp lists
// them.
//
// A rule sees one element at a time: the parameter, its gradient, the states it keeps for it, and the
// settings, which are the same for all elements. Element i depends on element i of each array alone, so
// threads and instruction sets change no bit, and a NaN stays in its element. Gradients are read only.
#pragma once

#include <cstddef>

#include "simd/instruction_set.h"

namespace cnn {

constexpr int kMostStates = 4;
constexpr int kMostSettings = 12;

struct UpdateArrays {
    float* parameter;
    const float* gradient;
    float* states[kMostStates];  // in the rule's order; null for one that the settings leave without use
};

// states, settings: their names in order, parted by blanks.
struct UpdateRule {
    const char* name;
    const char* states;
    const char* settings;
    // On elements begin to end; flat arrays of any alignment. `settings`: kMostSettings floats.
    void (*run)(const UpdateArrays& arrays, std::ptrdiff_t begin, std::ptrdiff_t end, const float* settings);
};

struct UpdateRules {
    const UpdateRule* rules;
    int count;
};

CNN_DECLARE_BODIES(UpdateRules, update_rules)

}  // namespace cnn
