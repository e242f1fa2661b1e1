// Runs operations on threads: stage by stage, the operations of a stage being independent of each other.
#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "core/op.h"
#include "runtime/aligned_buffer.h"
#include "runtime/governor.h"
#include "runtime/team.h"

namespace cnn {

class Runner {
  public:
    // Runs all stages on at most `threads` threads and returns true; or stops between two tasks and returns
    // false as soon as `should_stop` says so, which the calling thread asks every few hundredths of a second
    // (an empty one never). A task runs on one thread; which one does not change what it computes.
    bool run(const std::vector<Stage>& stages, const Context& context, int threads,
             const std::function<bool()>& should_stop);

    // Before the clock of somebody who times a run: memory that it needs.
    void reserve_scratch(const std::vector<Stage>& stages, int threads);

  private:
    class Poll;

    bool run_alone(const std::vector<Stage>& stages, const Context& context, Poll& poll);

    std::vector<AlignedBuffer<std::byte>> scratch_;
    std::vector<std::byte*> scratch_of_;  // each member of the team
    Governor governor_;
    // When `should_stop` was last asked, and the tasks since the last look at the clock: kept from run to
    // run, since thousands of short ones may be one call of the user.
    std::chrono::steady_clock::time_point last_asked_ = std::chrono::steady_clock::now();
    int tasks_since_look_ = 0;
};

}  // namespace cnn
