#include "program/arguments.h"

#include <stdexcept>

namespace cnn {

void Arguments::check(bool holds, const std::string& message) const {
    if (!holds) throw std::invalid_argument(kind_ + ": " + message);
}

NamedArray* Arguments::optional_array(const std::string& name, const Sizes& shape, bool written) {
    asked_[name] = true;
    const auto found = arrays_.find(name);
    if (found == arrays_.end()) return nullptr;
    NamedArray& array = found->second;
    bool fits = array.shape.size() == shape.size();
    for (std::size_t i = 0; fits && i < shape.size(); ++i)
        fits = shape[i] == kAnySize || shape[i] == array.shape[i];
    check(fits, name + ": expected shape " + text_of(shape) + ", got " + text_of(array.shape));
    check(array.writable || !written, name + ": is read-only");
    return &array;
}

NamedArray& Arguments::array(const std::string& name, const Sizes& shape, bool written) {
    NamedArray* array = optional_array(name, shape, written);
    check(array != nullptr, name + ": needed, got none");
    return *array;
}

float* Arguments::optional_values(const std::string& name, const Sizes& shape, bool written) {
    const NamedArray* array = optional_array(name, shape, written);
    return array ? array->values : nullptr;
}

Setting Arguments::take(const std::string& name) {
    asked_[name] = true;
    const auto found = settings_.find(name);
    check(found != settings_.end(), name + ": needed, got none");
    return found->second;
}

std::vector<std::int64_t> Arguments::whole_numbers(const std::string& name) {
    const Setting setting = take(name);
    const auto* values = std::get_if<std::vector<std::int64_t>>(&setting);
    check(values != nullptr, name + ": expected a tuple of whole numbers");
    return *values;
}

SizePair Arguments::pair(const std::string& name, std::int64_t least) {
    const std::vector<std::int64_t> values = whole_numbers(name);
    check(values.size() == 2, name + ": expected (height, width)");
    for (const std::int64_t value : values) {
        check(value >= least && value < (1 << 24), name + ": expected at least " + std::to_string(least) +
                                                       ", got (" + std::to_string(values[0]) + ", " +
                                                       std::to_string(values[1]) + ")");
    }
    return {values[0], values[1]};
}

std::int64_t Arguments::whole(const std::string& name) {
    const Setting setting = take(name);
    const auto* value = std::get_if<std::int64_t>(&setting);
    check(value != nullptr, name + ": expected a whole number");
    return *value;
}

double Arguments::number(const std::string& name) {
    const Setting setting = take(name);
    if (const auto* whole_value = std::get_if<std::int64_t>(&setting))
        return static_cast<double>(*whole_value);
    const auto* value = std::get_if<double>(&setting);
    check(value != nullptr, name + ": expected a number");
    return *value;
}

double Arguments::optional_number(const std::string& name, double otherwise) {
    return settings_.count(name) > 0 ? number(name) : otherwise;
}

bool Arguments::flag(const std::string& name) {
    const Setting setting = take(name);
    const auto* value = std::get_if<bool>(&setting);
    check(value != nullptr, name + ": expected True or False");
    return *value;
}

bool Arguments::optional_flag(const std::string& name, bool otherwise) {
    return settings_.count(name) > 0 ? flag(name) : otherwise;
}

std::string Arguments::text(const std::string& name) {
    const Setting setting = take(name);
    const auto* value = std::get_if<std::string>(&setting);
    check(value != nullptr, name + ": expected a text");
    return *value;
}

std::string Arguments::optional_text(const std::string& name, const std::string& otherwise) {
    return settings_.count(name) > 0 ? text(name) : otherwise;
}

void Arguments::finish() const {
    for (const auto& item : arrays_) check(asked_.count(item.first) > 0, item.first + ": no such array");
    for (const auto& item : settings_) check(asked_.count(item.first) > 0, item.first + ": no such setting");
}

}  // namespace cnn
