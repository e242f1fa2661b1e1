#include "runtime/runner.h"

#include <algorithm>
#include <chrono>

namespace cnn {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kTasksPerLook = 4;  // at the clock, which costs a hundredth of a short task

// The same operations on as many samples take as long.
std::uintptr_t kind_of(const std::vector<Stage>& stages, const Context& context) {
    const Op* first = nullptr;
    for (const Stage& stage : stages) {
        if (first == nullptr && !stage.empty()) first = stage.front();
    }
    return reinterpret_cast<std::uintptr_t>(first) * 31 + stages.size() * 7 +
           static_cast<std::uintptr_t>(context.samples);
}

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
    reserve_scratch(stages, threads);
    Poll poll(*this, should_stop);
    if (threads == 1) return run_alone(stages, context, poll);
    const int active = governor_.active(threads);
    governor_.begin();
    bool done = false;
    if (active == 1) {
        done = run_alone(stages, context, poll);
    } else {
        const std::function<bool()> asked =
            should_stop ? std::function<bool()>([&poll] { return poll(); }) : nullptr;
        const TeamLease team(threads);
        done = team->run({&stages, &context, scratch_of_.data()}, active, asked);
    }
    governor_.end(kind_of(stages, context));
    return done;
}

void Runner::reserve_scratch(const std::vector<Stage>& stages, int threads) {
    std::size_t bytes = 0;
    for (const Stage& stage : stages) {
        for (const Op* op : stage) bytes = std::max(bytes, op->scratch_bytes());
    }
    const auto count = static_cast<std::size_t>(threads);
    if (scratch_.size() < count) scratch_.resize(count);
    scratch_of_.resize(scratch_.size());
    for (std::size_t i = 0; i < scratch_.size(); ++i) {
        if (static_cast<std::size_t>(scratch_[i].size()) < bytes)
            scratch_[i] = AlignedBuffer<std::byte>(static_cast<std::ptrdiff_t>(bytes));
        scratch_of_[i] = scratch_[i].data();
    }
}

bool Runner::run_alone(const std::vector<Stage>& stages, const Context& context, Poll& poll) {
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

}  // namespace cnn
