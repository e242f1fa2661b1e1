#include <algorithm>
#include <cstdint>
#include <functional>

#include "bindings/arrays.h"
#include "bindings/bindings.h"
#include "bindings/signals.h"
#include "digits/digits.h"
#include "runtime/threads.h"

namespace cnn {
namespace {

// Pictures between two looks at the signals: about 50 ms on one core.
constexpr std::ptrdiff_t kChunk = 2048;

void generate(const py::array& images, const py::array& labels, std::uint64_t seed, std::uint64_t first) {
    std::uint8_t* const pixels = output<std::uint8_t>(images, "images", {kAnySize, kDigitSize, kDigitSize});
    const std::ptrdiff_t count = images.shape(0);
    std::uint8_t* const names = output<std::uint8_t>(labels, "labels", {count});
    const int threads = thread_count();
    {
        const py::gil_scoped_release release;
        const std::function<bool()> should_stop = signal_check();
        for (std::ptrdiff_t done = 0; done < count; done += kChunk) {
            if (done > 0 && should_stop()) break;
            digits_generate(pixels + done * kDigitSize * kDigitSize, names + done,
                            std::min(kChunk, count - done), seed, first + static_cast<std::uint64_t>(done),
                            threads);
        }
    }
    throw_if_raised();
}

}  // namespace

void bind_digits(py::module_& m) {
    m.def("digits_generate", generate, py::arg("images").noconvert(), py::arg("labels").noconvert(),
          py::kw_only(), py::arg("seed"), py::arg("first"));
}

}  // namespace cnn
