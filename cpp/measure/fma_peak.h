// The most multiply-adds a second that one thread of this machine does with the instruction set in use: what
// benchmarks measure kernels against. Twelve independent sums of one register each, more than the latency of
// a multiply-add times the number that begin in a cycle (4 x 2), and no memory in the loop.
#pragma once

namespace cnn {

// Operations a second, two for each multiply-add of each lane; the best of bursts of about a millisecond that
// go on for `seconds`.
double fma_peak(double seconds);

}  // namespace cnn
