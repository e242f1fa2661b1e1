// What a program consists of, for people: nothing here runs in a step.
#include <cxxabi.h>

#include <cstdlib>
#include <typeinfo>

#include "program/program.h"

namespace cnn {
namespace {

std::string class_of(const Op& op) {
    const std::unique_ptr<char, void (*)(void*)> name(
        abi::__cxa_demangle(typeid(op).name(), nullptr, nullptr, nullptr), std::free);
    const std::string full = name ? name.get() : typeid(op).name();
    return full.substr(full.rfind(':') + 1);
}

}  // namespace

std::vector<std::vector<Operation>> Program::stages() const {
    Context context;
    context.samples = capacity_;
    std::vector<std::vector<Operation>> stages;
    const auto add = [&](const Stage& stage) {
        std::vector<Operation>& operations = stages.emplace_back();
        for (const Op* op : stage)
            operations.push_back(
                {class_of(*op), emitter_.maker(op), op->tasks(context), op->scratch_bytes()});
    };
    for (const Segment& segment : training_ ? step_program_ : forward_program_) {
        for (const Stage& stage : segment.stages) add(stage);
        if (segment.call) stages.push_back({{"call", Emitter::kNoTensor, 1, 0}});
    }
    if (!emitter_.updates().empty()) add(emitter_.updates());
    if (!averages_.empty()) add(averages_);
    return stages;
}

}  // namespace cnn
