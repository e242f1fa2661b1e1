#include "kernels/update/update.h"

#include <algorithm>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace cnn {

AddSlots::AddSlots(std::ptrdiff_t count, const float* slots, float* gradient)
    : body_(CNN_SELECT_BODY(update_body)), count_(count), slots_(slots), gradient_(gradient) {}

void AddSlots::run(const Context& context, std::ptrdiff_t task, std::byte*) const {
    const std::ptrdiff_t begin = task * kUpdateChunk, size = std::min(kUpdateChunk, count_ - begin);
    body_->add_slots(slots_ + begin, count_, slot_count(context.samples), gradient_ + begin, size,
                     context.gradient_scale, context.accumulate_gradients);
}

std::vector<std::string> words(const char* text) {
    std::istringstream stream(text);
    return {std::istream_iterator<std::string>(stream), {}};
}

int update_rule_count() {
    return CNN_SELECT_BODY(update_rules)->count;
}

const UpdateRule& update_rule(int index) {
    return CNN_SELECT_BODY(update_rules)->rules[index];
}

const UpdateRule& update_rule(const std::string& name) {
    std::string known;
    for (int i = 0; i < update_rule_count(); ++i) {
        if (update_rule(i).name == name) return update_rule(i);
        known += (i ? ", " : "") + std::string(update_rule(i).name);
    }
    throw std::invalid_argument("rule: expected one of " + known + ", got " + name);
}

void Update::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    const std::ptrdiff_t begin = task * kUpdateChunk;
    rule_->run(arrays_, begin, std::min(begin + kUpdateChunk, count_), settings_);
}

}  // namespace cnn
