// How a long call hears of Ctrl-C.
#pragma once

#include <functional>

namespace cnn {

// Runs Python's signal handlers, holding the GIL; true once one of them has raised. The error then waits for
// throw_if_raised(), to be called with the GIL held.
std::function<bool()> signal_check();
void throw_if_raised();

}  // namespace cnn
