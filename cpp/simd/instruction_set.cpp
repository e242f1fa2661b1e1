#include "simd/instruction_set.h"

#include <atomic>
#include <cstdlib>
#include <stdexcept>

namespace cnn {
namespace {

constexpr int kUnset = -1;
std::atomic<int> current{kUnset};

}  // namespace

const char* name(InstructionSet set) {
    switch (set) {
        case InstructionSet::kAvx512:
            return "avx512";
        case InstructionSet::kAvx2:
            return "avx2";
        case InstructionSet::kX86_64:
            return "x86_64";
        case InstructionSet::kNeon:
            return "neon";
        case InstructionSet::kGeneric:
            break;
    }
    return "generic";
}

std::vector<InstructionSet> available_instruction_sets() {
    std::vector<InstructionSet> sets;
#if defined(CNN_HAS_GENERIC)
    sets.push_back(InstructionSet::kGeneric);
#elif defined(CNN_HAS_NEON)
    sets.push_back(InstructionSet::kNeon);  // part of every AArch64
#else
    // GCC's and Clang's checks include that the operating system saves the wide registers.
    __builtin_cpu_init();
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#if defined(CNN_HAS_X86_64)
    sets.push_back(InstructionSet::kX86_64);
#endif
#if defined(CNN_HAS_AVX2)
    if (avx2) sets.push_back(InstructionSet::kAvx2);
#endif
#if defined(CNN_HAS_AVX512)
    if (avx512) sets.push_back(InstructionSet::kAvx512);
#endif
    static_cast<void>(avx2);
    static_cast<void>(avx512);
#endif
    if (sets.empty()) throw std::runtime_error("this build has no instruction set that this CPU can run");
    return sets;
}

InstructionSet instruction_set_from_name(const std::string& wanted) {
    std::string known;
    for (InstructionSet set : available_instruction_sets()) {
        if (wanted == name(set)) return set;
        known += known.empty() ? name(set) : std::string(", ") + name(set);
    }
    throw std::invalid_argument("instruction set '" + wanted + "' cannot run here; use one of: " + known);
}

InstructionSet instruction_set() {
    int set = current.load(std::memory_order_relaxed);
    if (set == kUnset) {
        const char* wanted = std::getenv("CNN_ISA");
        if (wanted != nullptr && *wanted != '\0') {
            try {
                set = static_cast<int>(instruction_set_from_name(wanted));
            } catch (const std::invalid_argument& error) {
                throw std::invalid_argument(std::string("CNN_ISA: ") + error.what());
            }
        } else {
            set = static_cast<int>(available_instruction_sets().back());
        }
        current.store(set, std::memory_order_relaxed);
    }
    return static_cast<InstructionSet>(set);
}

void set_instruction_set(InstructionSet set) {
    current.store(static_cast<int>(set), std::memory_order_relaxed);
}

}  // namespace cnn
