// How a long call hears of Ctrl-C.
#pragma once

#include <Python.h>

#include <functional>

namespace cnn {

// Runs Python's signal handlers, holding the GIL; true once one of them has raised. The error then waits for
// throw_if_raised(), to be called with the GIL held. `asked`: a callable, borrowed, whose true result stops
// the call too, without an error; or null or None.
std::function<bool()> signal_check(PyObject* asked = nullptr);
void throw_if_raised();

}  // namespace cnn
