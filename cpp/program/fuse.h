// Nodes that the one before them can do on its way out, without a pass of their own over memory.
#pragma once

#include <vector>

#include "program/graph.h"

namespace cnn {

enum class Target { kTraining, kEvaluation, kSingle };  // kSingle: one sample at a time

// The nodes of the graph, fewer where rules allow it. All rules stand in one list; none is used where
// somebody else reads what would no longer be stored.
std::vector<Node> fuse(const Graph& graph, Target target);

}  // namespace cnn
