// Several threads at once: those of OpenMP, which stay ready for the next region; where there is no OpenMP,
// and under ThreadSanitizer, which knows nothing of it, threads that are started for the region.
#pragma once

#if defined(_OPENMP)
#include <omp.h>
#else
#include <future>
#include <system_error>
#include <thread>
#include <vector>
#endif

namespace cnn {

// Runs body(self, team) on `threads` threads, of which the calling one is number 0, or on fewer if the system
// gives no more; returns when all are done. `body` must not throw.
template <class Body>
void run_team(int threads, const Body& body) {
#if defined(_OPENMP)
#pragma omp parallel num_threads(threads)
    body(omp_get_thread_num(), omp_get_num_threads());
#else
    std::promise<int> started;
    const std::shared_future<int> team = started.get_future().share();
    std::vector<std::thread> others;
    others.reserve(static_cast<std::size_t>(threads));
    try {
        for (int self = 1; self < threads; ++self)
            others.emplace_back([&body, team, self] { body(self, team.get()); });
    } catch (const std::system_error&) {  // no more threads: those that are there do all
    }
    const int count = static_cast<int>(others.size()) + 1;
    started.set_value(count);
    body(0, count);
    for (std::thread& other : others) other.join();
#endif
}

}  // namespace cnn
