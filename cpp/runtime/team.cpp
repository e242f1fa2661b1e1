#include "runtime/team.h"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <thread>

#if defined(__linux__)
#include <pthread.h>
#include <sched.h>
#endif
#if defined(_OPENMP)
#include <omp.h>
#endif

namespace cnn {
namespace {

using Clock = std::chrono::steady_clock;

// How long a thread that waits keeps its core: longer than a short task, and than what Python does between
// two steps, so that on an idle machine nobody sleeps; short beside the milliseconds that the system gives to
// another process once this one's share is used up.
constexpr auto kSpin = std::chrono::microseconds(100);
// Two threads of a team on one core: the other may be the one that is waited for.
constexpr auto kSpinOnSharedCore = std::chrono::microseconds(4);
constexpr int kPausesPerLook = 8;  // at the clock

void pause() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

int current_cpu() {
#if defined(__linux__)
    return sched_getcpu();
#else
    return -1;
#endif
}

constexpr std::uint64_t ticket_of(std::uint32_t opened, std::uint32_t left) {
    return static_cast<std::uint64_t>(opened) << 32 | left;
}

}  // namespace

Team::Team(int members) {
    for (int i = 0; i < members; ++i) members_.push_back(std::make_unique<Member>());
    try {
#if defined(_OPENMP)
        // The region needs a thread to begin it, which then sleeps: the calling thread has to come back.
        std::thread([this, members] {
#pragma omp parallel num_threads(members)
            if (omp_get_thread_num() > 0) {
                help(omp_get_thread_num());
            } else {
                std::mutex mutex;
                std::condition_variable never;
                std::unique_lock<std::mutex> lock(mutex);
                for (;;) never.wait(lock);
            }
        }).detach();
#else
        for (int self = 1; self < members; ++self) std::thread([this, self] { help(self); }).detach();
#endif
    } catch (const std::system_error&) {  // no more threads: those that are there do all
    }
}

void Team::help(int self) {
    for (;;) {
        const std::uint64_t seen = signal_.load(std::memory_order_acquire);
        if (self < active_.load(std::memory_order_relaxed)) work_on_claims(self, nullptr);
        wait(self, seen, true);
    }
}

bool Team::run(const Work& work, int active, const std::function<bool()>& should_stop) {
    work_ = work;
    owners_ = active;
    active_.store(active, std::memory_order_relaxed);
    stopped_.store(false, std::memory_order_relaxed);
    finished_.store(false, std::memory_order_relaxed);
    open_from(0);
    const std::function<bool()>* asked = should_stop ? &should_stop : nullptr;
    for (;;) {
        const std::uint64_t seen = signal_.load(std::memory_order_acquire);
        work_on_claims(0, asked);
        if (finished_.load(std::memory_order_acquire)) break;
        wait(0, seen, asked == nullptr);
        if (asked && !stopped_.load(std::memory_order_relaxed) && (*asked)())
            stopped_.store(true, std::memory_order_relaxed);
    }
    return !stopped_.load(std::memory_order_relaxed);
}

// Claims and runs tasks until there is none to be claimed: one's own first, which a member has in its cache
// from stage to stage, then those of others.
void Team::work_on_claims(int self, const std::function<bool()>* should_stop) {
    const int count = members();
    std::ptrdiff_t done = 0;  // all of one stage, which cannot end before they are counted
    do {
        done = 0;
        for (int distance = 0; distance < count; ++distance) {
            const int owner = self + distance < count ? self + distance : self + distance - count;
            std::atomic<std::uint64_t>& ticket = members_[static_cast<std::size_t>(owner)]->ticket;
            std::uint64_t found = ticket.load(std::memory_order_acquire);
            while (static_cast<std::uint32_t>(found) > 0) {
                if (!ticket.compare_exchange_weak(found, found - 1, std::memory_order_acq_rel,
                                                  std::memory_order_acquire))
                    continue;
                if (should_stop && !stopped_.load(std::memory_order_relaxed) && (*should_stop)())
                    stopped_.store(true, std::memory_order_relaxed);
                run_claimed(owner, static_cast<std::uint32_t>(found), self);
                ++done;
                --found;
            }
        }
    } while (done > 0 && count_done(done));
}

// Whether these tasks were the last of their stage; then the next one is open.
bool Team::count_done(std::ptrdiff_t done) {
    if (done == 0 || pending_.fetch_sub(done, std::memory_order_acq_rel) != done) return false;
    open_from(stage_ + 1);
    return true;
}

// The task that is the `left`-th from the end of its owner's share of the open stage.
void Team::run_claimed(int owner, std::uint32_t left, int self) {
    if (stopped_.load(std::memory_order_relaxed)) return;
    const Stage& stage = (*work_.stages)[stage_];
    std::ptrdiff_t place = static_cast<std::ptrdiff_t>(left);
    for (auto op = stage.rbegin(); op != stage.rend(); ++op) {
        const std::ptrdiff_t tasks = (*op)->tasks(*work_.context);
        const std::ptrdiff_t end = part_begin(tasks, owners_, owner + 1);
        const std::ptrdiff_t share = end - part_begin(tasks, owners_, owner);
        if (place <= share) return (*op)->run(*work_.context, end - place, work_.scratch[self]);
        place -= share;
    }
}

// The next stage that has a task; or the end. By the only thread that may: the one that completed a stage.
void Team::open_from(std::size_t stage) {
    for (; stage < work_.stages->size() && !stopped_.load(std::memory_order_relaxed); ++stage) {
        std::ptrdiff_t total = 0;
        for (const Op* op : (*work_.stages)[stage]) total += op->tasks(*work_.context);
        if (total == 0) continue;
        stage_ = stage;
        const std::uint32_t opened = ++opened_;
        const int owners = owners_;
        pending_.store(total, std::memory_order_relaxed);
        // From the first ticket on others may be at work, but not beyond this stage before the last one is
        // out.
        for (int owner = 0; owner < owners; ++owner) {
            std::ptrdiff_t share = 0;
            for (const Op* op : (*work_.stages)[stage]) {
                const std::ptrdiff_t tasks = op->tasks(*work_.context);
                share += part_begin(tasks, owners, owner + 1) - part_begin(tasks, owners, owner);
            }
            members_[static_cast<std::size_t>(owner)]->ticket.store(
                ticket_of(opened, static_cast<std::uint32_t>(share)), std::memory_order_release);
        }
        announce();
        return;
    }
    finished_.store(true, std::memory_order_release);
    announce();
}

void Team::announce() {
    signal_.fetch_add(1, std::memory_order_seq_cst);
    const int active = active_.load(std::memory_order_relaxed);
    for (int i = 0; i < active; ++i) {
        Member& member = *members_[static_cast<std::size_t>(i)];
        if (!member.asleep.load(std::memory_order_seq_cst)) continue;
        {
            const std::lock_guard<std::mutex> lock(member.mutex);
        }
        member.wake.notify_one();
    }
}

// Until the signal is another than `seen`; the calling thread, which has to ask whether to stop, not
// `forever`.
void Team::wait(int self, std::uint64_t seen, bool forever) {
    if (signal_.load(std::memory_order_acquire) != seen) return;
    Member& member = *members_[static_cast<std::size_t>(self)];
    member.cpu.store(current_cpu(), std::memory_order_relaxed);
    const Clock::time_point began = Clock::now();
    bool signalled = false;
    while (!signalled) {
        for (int i = 0; i < kPausesPerLook && !signalled; ++i) {
            pause();
            // A ticket of its own is there before the signal is.
            signalled = static_cast<std::uint32_t>(member.ticket.load(std::memory_order_acquire)) > 0 ||
                        signal_.load(std::memory_order_acquire) != seen;
        }
        const Clock::duration spun = Clock::now() - began;
        if (spun > kSpin || (spun > kSpinOnSharedCore && shares_core(self))) break;
    }
    if (signalled) return;
    std::unique_lock<std::mutex> lock(member.mutex);
    member.asleep.store(true, std::memory_order_seq_cst);
    const auto is_over = [&] { return signal_.load(std::memory_order_seq_cst) != seen; };
    if (forever) {
        member.wake.wait(lock, is_over);
    } else {
        member.wake.wait_for(lock, kPollInterval, is_over);
    }
    member.asleep.store(false, std::memory_order_relaxed);
}

bool Team::shares_core(int self) const {
    const int here = current_cpu(), active = active_.load(std::memory_order_relaxed);
    for (int other = 0; other < active && here >= 0; ++other) {
        if (other != self &&
            members_[static_cast<std::size_t>(other)]->cpu.load(std::memory_order_relaxed) == here)
            return true;
    }
    return false;
}

namespace {

// Never destroyed: threads wait in its teams until the process ends.
struct Teams {
    std::mutex mutex;
    std::vector<Team*> idle;
};

Teams* teams = new Teams;

}  // namespace

TeamLease::TeamLease(int members) {
    {
        const std::lock_guard<std::mutex> lock(teams->mutex);
        auto& idle = teams->idle;
        const auto found = std::find_if(idle.begin(), idle.end(),
                                        [members](const Team* team) { return team->members() == members; });
        if (found != idle.end()) {
            team_ = *found;
            idle.erase(found);
            return;
        }
    }
    team_ = new Team(members);
}

TeamLease::~TeamLease() {
    const std::lock_guard<std::mutex> lock(teams->mutex);
    teams->idle.push_back(team_);
}

void install_team_fork_hook() {
#if defined(__linux__)
    pthread_atfork(nullptr, nullptr, [] { teams = new Teams; });
#endif
}

}  // namespace cnn
