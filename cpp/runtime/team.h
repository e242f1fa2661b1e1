// Threads that help the calling one through the stages of a run, and that it never has to wait for unless
// they are inside a task.
//
// A laptop always does something else as well: any thread may be without a core for some milliseconds, at any
// instruction. So nothing is tied to a thread. Tasks are claimed one by one; whoever completes the last task
// of a stage opens the next one; a thread that sleeps, or that the system holds up between two tasks, is
// missed by nobody. Which thread runs a task does not change what it computes.
//
// OpenMP makes the threads. They stay in one parallel region for as long as the process lives, since the end
// of a region is a barrier that waits for each thread, and since OpenMP's threads spin for milliseconds
// behind it. Where there is no OpenMP, and under ThreadSanitizer, which knows nothing of it, the standard
// library makes them.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "core/op.h"

namespace cnn {

using Stage = std::vector<const Op*>;

// How often a run that may be stopped asks whether it should be.
constexpr auto kPollInterval = std::chrono::milliseconds(20);

class Team {
  public:
    // What a run of a team is made of. `scratch`: for each member, as much as the largest operation asks for.
    struct Work {
        const std::vector<Stage>* stages = nullptr;
        const Context* context = nullptr;
        std::byte* const* scratch = nullptr;
    };
    // The calling thread, which is member 0, and members - 1 others. They start when the system gets to it.
    explicit Team(int members);

    // All stages, by the first `active` members; false once `should_stop`, which the calling thread asks
    // between its tasks and while it waits, has said so: then some tasks were left out.
    bool run(const Work& work, int active, const std::function<bool()>& should_stop);

    int members() const { return static_cast<int>(members_.size()); }

  private:
    // On cache lines of its own.
    struct alignas(64) Member {
        // The tasks that the member begins with and that are still to be claimed, by itself or by others:
        // (number of the stage's opening, how many are left). A thread that was held up cannot claim a task
        // of a stage that is over, since its number is another.
        std::atomic<std::uint64_t> ticket{0};
        std::atomic<bool> asleep{false};
        std::atomic<int> cpu{-1};  // where it was when it last began to wait
        std::mutex mutex;
        std::condition_variable wake;
    };

    void help(int self);
    void work_on_claims(int self, const std::function<bool()>* should_stop);
    bool count_done(std::ptrdiff_t done);
    void run_claimed(int owner, std::uint32_t left, int self);
    void open_from(std::size_t stage);
    void announce();
    void wait(int self, std::uint64_t seen, bool forever);
    bool shares_core(int self) const;

    std::vector<std::unique_ptr<Member>> members_;

    // Written by the thread that opens a stage, read by those that have claimed a task of it.
    alignas(64) Work work_;
    std::size_t stage_ = 0;
    std::uint32_t opened_ = 0;
    int owners_ = 0;

    alignas(64) std::atomic<std::ptrdiff_t> pending_{0};  // tasks of the open stage that are not complete
    alignas(64) std::atomic<std::uint64_t> signal_{0};    // counts openings and ends of runs
    std::atomic<int> active_{0};
    std::atomic<bool> finished_{true};
    std::atomic<bool> stopped_{false};
};

// A team that nobody else uses until the lease ends; teams are kept for the next one who asks.
class TeamLease {
  public:
    explicit TeamLease(int members);
    ~TeamLease();
    TeamLease(const TeamLease&) = delete;
    TeamLease& operator=(const TeamLease&) = delete;
    Team* operator->() const { return team_; }

  private:
    Team* team_;
};

// A forked child has none of the threads: it forgets the teams and makes new ones. Call once.
void install_team_fork_hook();

}  // namespace cnn
