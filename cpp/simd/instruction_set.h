// The instruction sets that the kernel bodies are compiled for, and the choice among them at run time.
#pragma once

#include <string>
#include <vector>

namespace cnn {

enum class InstructionSet { kGeneric, kNeon, kX86_64, kAvx2, kAvx512 };

const char* name(InstructionSet set);

// Those that this build has and this CPU (and its operating system) can run, slowest first.
std::vector<InstructionSet> available_instruction_sets();

// The one in use: the best there is, unless CNN_ISA or set_instruction_set() says otherwise. Throws
// std::invalid_argument if CNN_ISA names a set that is unknown or that cannot run here.
InstructionSet instruction_set();
void set_instruction_set(InstructionSet set);

// Throws std::invalid_argument for a name that is unknown or that cannot run here; the text says which can.
InstructionSet instruction_set_from_name(const std::string& wanted);

// Declares the table `variable` that each object of a *.simd.cpp file defines, and picks the current one.
// CMake's CNN_ISAS says which sets a build has; the lowest of them serves where no other was chosen.
#define CNN_DECLARE_BODIES(Type, variable) \
    namespace generic {                    \
    extern const Type variable;            \
    }                                      \
    namespace neon {                       \
    extern const Type variable;            \
    }                                      \
    namespace x86_64 {                     \
    extern const Type variable;            \
    }                                      \
    namespace avx2 {                       \
    extern const Type variable;            \
    }                                      \
    namespace avx512 {                     \
    extern const Type variable;            \
    }

#if defined(CNN_HAS_GENERIC)
#define CNN_LOWEST_BODY(variable) &::cnn::generic::variable
#elif defined(CNN_HAS_NEON)
#define CNN_LOWEST_BODY(variable) &::cnn::neon::variable
#elif defined(CNN_HAS_X86_64)
#define CNN_LOWEST_BODY(variable) &::cnn::x86_64::variable
#elif defined(CNN_HAS_AVX2)
#define CNN_LOWEST_BODY(variable) &::cnn::avx2::variable
#else
#define CNN_LOWEST_BODY(variable) &::cnn::avx512::variable
#endif
#if defined(CNN_HAS_AVX2)
#define CNN_OR_AVX2(variable) \
    ::cnn::instruction_set() == ::cnn::InstructionSet::kAvx2 ? &::cnn::avx2::variable:
#else
#define CNN_OR_AVX2(variable)
#endif
#if defined(CNN_HAS_AVX512)
#define CNN_OR_AVX512(variable) \
    ::cnn::instruction_set() == ::cnn::InstructionSet::kAvx512 ? &::cnn::avx512::variable:
#else
#define CNN_OR_AVX512(variable)
#endif
#define CNN_SELECT_BODY(variable) (CNN_OR_AVX512(variable) CNN_OR_AVX2(variable) CNN_LOWEST_BODY(variable))

}  // namespace cnn
