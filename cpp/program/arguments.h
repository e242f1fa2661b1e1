// What Python gives with a node: arrays and settings by name. Each is asked for once by the check of its kind
// (see shapes.h); what nobody asked for is an error, and so is a wrong type, shape or range. All errors are
// std::invalid_argument, "kind: name: rule, and the value found".
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/sizes.h"
#include "program/layer_calls.h"

namespace cnn {

struct NamedArray {
    float* values;
    Sizes shape;
    bool writable;
};

using Setting = std::variant<bool, std::int64_t, double, std::string, std::vector<std::int64_t>>;

struct SizePair {
    std::ptrdiff_t height, width;
};

class Arguments {
  public:
    Arguments(std::string kind, std::map<std::string, NamedArray> arrays,
              std::map<std::string, Setting> settings, std::shared_ptr<const CustomLayer> custom)
        : kind_(std::move(kind)),
          arrays_(std::move(arrays)),
          settings_(std::move(settings)),
          custom_(std::move(custom)) {}

    // Null where there is none; `written` arrays must not be read-only.
    NamedArray* optional_array(const std::string& name, const Sizes& shape, bool written = false);
    NamedArray& array(const std::string& name, const Sizes& shape, bool written = false);
    float* optional_values(const std::string& name, const Sizes& shape, bool written = false);

    SizePair pair(const std::string& name, std::int64_t least);
    std::vector<std::int64_t> whole_numbers(const std::string& name);
    std::int64_t whole(const std::string& name);
    double number(const std::string& name);
    double optional_number(const std::string& name, double otherwise);
    bool flag(const std::string& name);
    bool has(const std::string& name) const { return settings_.count(name) > 0; }
    bool optional_flag(const std::string& name, bool otherwise);
    std::string text(const std::string& name);
    std::string optional_text(const std::string& name, const std::string& otherwise);
    std::shared_ptr<const CustomLayer> custom() const { return custom_; }

    // Throws where `holds` is false.
    void check(bool holds, const std::string& message) const;
    // Everything that was given has been asked for.
    void finish() const;

  private:
    Setting take(const std::string& name);

    std::string kind_;
    std::map<std::string, NamedArray> arrays_;
    std::map<std::string, Setting> settings_;
    std::map<std::string, bool> asked_;
    std::shared_ptr<const CustomLayer> custom_;
};

}  // namespace cnn
