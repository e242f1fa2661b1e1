// How many threads to use.
#pragma once

namespace cnn {

// The CPUs that this process may use: min(affinity mask, control-group quota), at least 1.
int usable_cpus();

// CNN_NUM_THREADS if set, else usable_cpus(). Throws std::invalid_argument if the variable is no number in 1
// .. 1024.
int default_thread_count();

int thread_count();
void set_thread_count(int count);

// OpenMP's threads do not survive fork(): a child that used them would wait for ever. Call once: the pool is
// released before each fork and made anew by whoever needs it next.
void install_fork_hook();

}  // namespace cnn
