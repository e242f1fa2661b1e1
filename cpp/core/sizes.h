// The shape of an array, and how it is written: "(2, 3)", "(4,)".
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace cnn {

using Sizes = std::vector<std::ptrdiff_t>;
constexpr std::ptrdiff_t kAnySize = -1;  // where a shape is expected

inline std::string text_of(const Sizes& shape) {
    std::string s = "(";
    for (std::size_t i = 0; i < shape.size(); ++i)
        s += (i ? ", " : "") + (shape[i] == kAnySize ? std::string("any") : std::to_string(shape[i]));
    return s + (shape.size() == 1 ? ",)" : ")");
}

}  // namespace cnn
