// How many threads the runs of a program use at present: those it was given, or fewer while others need the
// cores.
//
// Beside another busy program a team of all threads may be slower than a smaller one: whenever the system
// takes the core from one of them inside a task, the others wait for it, for milliseconds. The governor times
// the runs. When all threads together are not faster than fewer were, it measures several sizes, a window
// each, and keeps the fastest for a while; the longer, the more often it has won. On a quiet machine it
// measures once. After a pause the size that won goes on, and is measured against the others at once.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace cnn {

class Governor {
  public:
    // How many threads the next run uses, of `threads`.
    int active(int threads);
    // Around a run. `kind`: equal for runs of equal work, which are compared with each other.
    void begin();
    void end(std::uintptr_t kind);

  private:
    static constexpr int kSizes = 4;
    static constexpr double kNever = std::numeric_limits<double>::infinity();
    struct Size {
        int threads;
        double recent = kNever, best = kNever;  // nanoseconds of a run: in its last window, and the least
    };

    void wake();
    bool is_hopeless() const;
    void judge(double run);
    void keep_fastest();

    int threads_ = 0;  // that the sizes are for
    std::array<Size, kSizes> sizes_{};
    int size_count_ = 0, size_ = 0, kept_ = 0;
    bool measuring_ = false;
    int windows_left_ = 0, windows_kept_ = 0;  // before the next measurement is allowed; of the last rest
    // The window: of one kind of run, the one that takes most time.
    std::uintptr_t kind_ = 0;
    std::int64_t longest_ = 0;
    std::int64_t window_ = 0;                      // nanoseconds of all runs
    std::int64_t of_kind_ = 0, runs_of_kind_ = 0;  // nanoseconds, and how many
    std::chrono::steady_clock::time_point began_, ended_, kept_since_;
};

}  // namespace cnn
