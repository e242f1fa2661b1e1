#include "runtime/threads.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>

#include "runtime/team.h"

#if defined(__linux__)
#include <pthread.h>
#include <sched.h>
#endif
#if defined(_OPENMP)
#include <omp.h>
#endif

namespace cnn {
namespace {

std::atomic<int> current{0};
constexpr int kMostThreads = 1024;

int affinity() {
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
    return static_cast<int>(std::thread::hardware_concurrency());
}

// A quota of 1.5 CPUs is served best by two threads. No limit: a large number.
int quota() {
    std::ifstream v2("/sys/fs/cgroup/cpu.max");
    std::string limit;
    double period = 0;
    if (v2 >> limit >> period && limit != "max" && period > 0) {
        return static_cast<int>(std::max(1.0, std::atof(limit.c_str()) / period + 0.999));
    }
    std::ifstream v1_quota("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"),
        v1_period("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
    double allowed = 0;
    if (v1_quota >> allowed && v1_period >> period && allowed > 0 && period > 0) {
        return static_cast<int>(std::max(1.0, allowed / period + 0.999));
    }
    return kMostThreads;
}

}  // namespace

int usable_cpus() {
    return std::max(1, std::min(affinity(), quota()));
}

int default_thread_count() {
    const char* wanted = std::getenv("CNN_NUM_THREADS");
    if (wanted == nullptr || *wanted == '\0') return usable_cpus();
    char* end = nullptr;
    const long count = std::strtol(wanted, &end, 10);
    if (*end != '\0' || count < 1 || count > kMostThreads) {
        throw std::invalid_argument("CNN_NUM_THREADS: a number from 1 to 1024 is needed, got '" +
                                    std::string(wanted) + "'");
    }
    return static_cast<int>(count);
}

int thread_count() {
    if (current.load() == 0) current.store(default_thread_count());
    return current.load();
}

void set_thread_count(int count) {
    if (count < 1 || count > kMostThreads) {
        throw std::invalid_argument("threads: a number from 1 to 1024 is needed, got " +
                                    std::to_string(count));
    }
    current.store(count);
}

void install_fork_hook() {
#if defined(__linux__) && defined(_OPENMP)
    pthread_atfork([] { omp_pause_resource_all(omp_pause_soft); }, nullptr, nullptr);
#endif
    install_team_fork_hook();
}

}  // namespace cnn
