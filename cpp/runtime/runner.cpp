#include "runtime/runner.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif

#include "runtime/team.h"

namespace cnn {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kPollInterval = std::chrono::milliseconds(20);
constexpr int kTasksPerLook = 4;  // at the clock, which costs a hundredth of a short task

// The tasks of one operation that a thread begins with; when it has done its own, it takes over those of
// others, so that a thread which the system held up does not hold up the rest. On a cache line of its own.
struct alignas(64) Counter {
    std::atomic<std::ptrdiff_t> next;
};

int current_cpu() {
#if defined(__linux__)
    return sched_getcpu();
#else
    return -1;
#endif
}

// Where threads wait for each other between stages. OpenMP's barrier spins for milliseconds, which is right
// on an idle machine; beside another busy process the thread that all wait for may be the one without a core,
// so after some microseconds this one gives way. If it finds itself on the core of another thread of the team
// it sleeps instead: the kernel looks for an idle core when a thread wakes, and two threads that merely yield
// to each other may share one core for the whole run.
class Barrier {
  public:
    void wait(int self, int team) {
        const unsigned phase = phase_.load(std::memory_order_relaxed);
        if (self < kMostWatched) cpu_[self].store(current_cpu() + 1, std::memory_order_relaxed);
        if (waiting_.fetch_add(1, std::memory_order_acq_rel) + 1 == team) {
            waiting_.store(0, std::memory_order_relaxed);
            phase_.store(phase + 1, std::memory_order_release);
            return;
        }
        for (int spins = 0; phase_.load(std::memory_order_acquire) == phase; ++spins) {
            if (spins < kSpins) {
                pause();
            } else if (spins < kSpins + kYields && !shares_core(self, team)) {
                std::this_thread::yield();
            } else {
                std::this_thread::sleep_for(kNap);
            }
        }
    }

  private:
    static constexpr int kSpins = 1000;  // 10 to 40 microseconds: several short tasks
    static constexpr int kYields = 8;
    static constexpr auto kNap = std::chrono::microseconds(20);
    static constexpr int kMostWatched = 64;

    static void pause() {
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#endif
    }

    bool shares_core(int self, int team) const {
        const int here = current_cpu();
        for (int other = 0; other < std::min(team, kMostWatched) && here >= 0; ++other) {
            if (other != self && cpu_[other].load(std::memory_order_relaxed) == here + 1) return true;
        }
        return false;
    }

    alignas(64) std::atomic<int> waiting_{0};
    alignas(64) std::atomic<unsigned> phase_{0};
    // Where each thread was at its last arrival, plus one: nowhere yet is 0.
    alignas(64) std::atomic<int> cpu_[kMostWatched] = {};
};

}  // namespace

class Runner::Poll {
  public:
    Poll(Runner& runner, const std::function<bool()>& should_stop)
        : runner_(runner), should_stop_(should_stop) {}
    bool operator()() {
        if (!should_stop_ || ++runner_.tasks_since_look_ < kTasksPerLook) return false;
        runner_.tasks_since_look_ = 0;
        const auto now = Clock::now();
        if (now - runner_.last_asked_ < kPollInterval) return false;
        runner_.last_asked_ = now;
        return should_stop_();
    }

  private:
    Runner& runner_;
    const std::function<bool()>& should_stop_;
};

bool Runner::run(const std::vector<Stage>& stages, const Context& context, int threads,
                 const std::function<bool()>& should_stop) {
    std::size_t scratch_bytes = 0, operations = 0;
    for (const Stage& stage : stages) {
        operations += stage.size();
        for (const Op* op : stage) scratch_bytes = std::max(scratch_bytes, op->scratch_bytes());
    }
    if (scratch_.size() < static_cast<std::size_t>(threads))
        scratch_.resize(static_cast<std::size_t>(threads));
    for (AlignedBuffer<std::byte>& buffer : scratch_) {
        if (static_cast<std::size_t>(buffer.size()) < scratch_bytes) {
            buffer = AlignedBuffer<std::byte>(static_cast<std::ptrdiff_t>(scratch_bytes));
        }
    }
    Poll poll(*this, should_stop);

    if (threads == 1) {
        for (const Stage& stage : stages) {
            for (const Op* op : stage) {
                const std::ptrdiff_t tasks = op->tasks(context);
                for (std::ptrdiff_t task = 0; task < tasks; ++task) {
                    if (poll()) return false;
                    op->run(context, task, scratch_[0].data());
                }
            }
        }
        return true;
    }

    const std::size_t counter_count = operations * static_cast<std::size_t>(threads);
    const auto counter_bytes = static_cast<std::ptrdiff_t>(counter_count * sizeof(Counter));
    if (counters_.size() < counter_bytes) counters_ = AlignedBuffer<std::byte>(counter_bytes);
    auto* counters = reinterpret_cast<Counter*>(counters_.data());
    for (std::size_t i = 0; i < counter_count; ++i) new (counters + i) Counter{};
    std::atomic<bool> stopped{false};
    Barrier barrier;

    run_team(threads, [&](int self, int team) {
        std::byte* scratch = scratch_[static_cast<std::size_t>(self)].data();
        Counter* stage_counters = counters;
        for (const Stage& stage : stages) {
            for (int distance = 0; distance < team; ++distance) {
                const int owner = (self + distance) % team;
                Counter* counter = stage_counters + owner;
                for (const Op* op : stage) {
                    const std::ptrdiff_t tasks = op->tasks(context);
                    const std::ptrdiff_t begin = tasks * owner / team, end = tasks * (owner + 1) / team;
                    while (!stopped.load(std::memory_order_relaxed)) {
                        if (begin + counter->next.load(std::memory_order_relaxed) >= end) break;
                        const std::ptrdiff_t task =
                            begin + counter->next.fetch_add(1, std::memory_order_relaxed);
                        if (task >= end) break;
                        if (self == 0 && poll()) {
                            stopped.store(true, std::memory_order_relaxed);
                            break;
                        }
                        op->run(context, task, scratch);
                    }
                    counter += threads;
                }
            }
            stage_counters += stage.size() * static_cast<std::size_t>(threads);
            // After the last one too, so that OpenMP's own barrier, which follows, waits for nobody.
            barrier.wait(self, team);
        }
    });
    return !stopped.load();
}

}  // namespace cnn
