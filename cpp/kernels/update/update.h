// From slot sums to new parameters.
//
// AddSlots: gradient = scale * sum over slots (a fixed tree, see slot_tree.h), or added to what is there.
// Update: an update rule (update_rules.h) on all elements of one parameter.
// Element i belongs to task i / kUpdateChunk.
#pragma once

#include <string>
#include <vector>

#include "core/op.h"
#include "kernels/update/update_body.h"
#include "kernels/update/update_rules.h"

namespace cnn {

constexpr std::ptrdiff_t kUpdateChunk = 8192;

class AddSlots : public Op {
  public:
    AddSlots(std::ptrdiff_t count, const float* slots, float* gradient);
    std::ptrdiff_t tasks(const Context&) const override { return (count_ + kUpdateChunk - 1) / kUpdateChunk; }
    void run(const Context& context, std::ptrdiff_t task, std::byte*) const override;

  private:
    const UpdateBody* body_;
    std::ptrdiff_t count_;
    const float* slots_;
    float* gradient_;
};

// The rules of the instruction set in use, the same ones for each. By name it throws std::invalid_argument
// for one that is not there.
int update_rule_count();
const UpdateRule& update_rule(int index);
const UpdateRule& update_rule(const std::string& name);

// The names that a rule gives for its states or its settings.
std::vector<std::string> words(const char* text);

class Update : public Op {
  public:
    // `settings`: in the rule's order, read when it runs; they may change from one run to the next.
    Update(const UpdateRule& rule, std::ptrdiff_t count, const UpdateArrays& arrays, const float* settings)
        : rule_(&rule), count_(count), arrays_(arrays), settings_(settings) {}
    std::ptrdiff_t tasks(const Context&) const override { return (count_ + kUpdateChunk - 1) / kUpdateChunk; }
    void run(const Context& context, std::ptrdiff_t task, std::byte*) const override;

  private:
    const UpdateRule* rule_;
    std::ptrdiff_t count_;
    UpdateArrays arrays_;
    const float* settings_;
};

}  // namespace cnn
