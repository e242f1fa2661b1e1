#include "runtime/governor.h"

#include <algorithm>

namespace cnn {
namespace {

// Nanoseconds of runs that are judged together: the system takes a core away for 3 to 4 milliseconds.
constexpr std::int64_t kWindow = 10'000'000;
// The threads have to start, and the system has to find cores for them.
constexpr int kFirstWindows = 3;
// Windows between two measurements: twice as many each time that the same size has won again. They cost a few
// hundredths of the time at first and soon a few thousandths.
constexpr int kFewestWindows = 5, kMostWindows = 300;
// While all threads run, another program that begins is to be noticed soon; and nothing is measured unless
// the runs have become as slow as those of fewer threads were.
constexpr int kMostWindowsOfAll = 20;
// After so long a size is looked at again, however few windows it has had: another program may have ended.
constexpr auto kLongestKept = std::chrono::seconds(3);
// After a pause as long as this the machine may be another one: the next window is followed by a measurement.
constexpr auto kForgotten = std::chrono::seconds(1);
// A larger team than the one that won need not fill its window: when after so long its runs take so many
// times as long as the winner's, a core is being held from it. Longer than the system's slice, so that one
// bad moment of an idle machine seldom looks like that.
constexpr std::int64_t kGlimpse = 5'000'000;
constexpr double kHopeless = 1.5;
// A larger team has to be faster by so much: what it takes is missing elsewhere.
constexpr double kGain = 1.03;

}  // namespace

int Governor::active(int threads) {
    if (size_count_ > 0 && std::chrono::steady_clock::now() - ended_ > kForgotten) wake();
    if (threads != threads_) {
        *this = Governor{};
        threads_ = threads;
        for (const int size : {threads, threads - 1, threads / 2, 1}) {
            if (size >= 1 &&
                (size_count_ == 0 || size < sizes_[static_cast<std::size_t>(size_count_ - 1)].threads))
                sizes_[static_cast<std::size_t>(size_count_++)].threads = size;
        }
        windows_left_ = kFirstWindows;
        windows_kept_ = kFewestWindows;
    }
    return sizes_[static_cast<std::size_t>(size_)].threads;
}

void Governor::wake() {
    size_ = kept_;
    measuring_ = false;
    windows_left_ = 1;
    windows_kept_ = kFewestWindows;
    window_ = of_kind_ = runs_of_kind_ = 0;
}

void Governor::begin() {
    began_ = std::chrono::steady_clock::now();
}

void Governor::end(std::uintptr_t kind) {
    ended_ = std::chrono::steady_clock::now();
    const std::int64_t run = std::chrono::nanoseconds(ended_ - began_).count();
    window_ += run;
    if (kind != kind_ && run > 2 * longest_) {
        kind_ = kind;
        longest_ = run;
        of_kind_ = runs_of_kind_ = 0;
        for (Size& size : sizes_) size.recent = size.best = kNever;
    }
    if (kind == kind_) {
        of_kind_ += run;
        ++runs_of_kind_;
    }
    if (window_ < kWindow && !is_hopeless()) return;
    if (runs_of_kind_ > 0) {
        judge(static_cast<double>(of_kind_) / static_cast<double>(runs_of_kind_));
    } else {
        longest_ = 0;  // another kind of run has taken its place
    }
    window_ = of_kind_ = runs_of_kind_ = 0;
}

bool Governor::is_hopeless() const {
    if (!measuring_ || size_ >= kept_ || window_ < kGlimpse || runs_of_kind_ == 0) return false;
    const double run = static_cast<double>(of_kind_) / static_cast<double>(runs_of_kind_);
    return run > kHopeless * sizes_[static_cast<std::size_t>(kept_)].recent;
}

void Governor::judge(double run) {
    Size& now = sizes_[static_cast<std::size_t>(size_)];
    now.recent = run;
    now.best = std::min(now.best, run);
    if (measuring_) {
        if (++size_ == size_count_) keep_fastest();
        return;
    }
    if (--windows_left_ > 0 && ended_ - kept_since_ < kLongestKept) return;
    windows_left_ = 0;
    double best_of_fewer = 0;  // not known: to be measured
    if (size_ == 0 && size_count_ > 1) {
        best_of_fewer = kNever;
        for (int i = 1; i < size_count_; ++i) {
            const double best = sizes_[static_cast<std::size_t>(i)].best;
            best_of_fewer = best == kNever ? 0 : std::min(best_of_fewer, best);
        }
    }
    if (kGain * run > best_of_fewer) {
        measuring_ = true;
        size_ = 0;
    }
}

void Governor::keep_fastest() {
    const int before = kept_;
    measuring_ = false;
    kept_ = size_count_ - 1;
    for (int i = size_count_ - 2; i >= 0; --i) {
        if (kGain * sizes_[static_cast<std::size_t>(i)].recent <
            sizes_[static_cast<std::size_t>(kept_)].recent)
            kept_ = i;
    }
    size_ = kept_;
    const int most = kept_ == 0 ? kMostWindowsOfAll : kMostWindows;
    windows_kept_ = kept_ == before ? std::min(2 * windows_kept_, most) : kFewestWindows;
    windows_left_ = windows_kept_;
    kept_since_ = ended_;
}

}  // namespace cnn
