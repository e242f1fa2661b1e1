#include "kernels/convolution/connections.h"

#include <algorithm>
#include <utility>

namespace cnn {
namespace {

// Of so many weights in a task that handing it out costs nothing beside the copy.
constexpr std::ptrdiff_t kConnectionsPerTask = 1024;

}  // namespace

SpreadConnections::SpreadConnections(Connections connections, const float* weight, float* full)
    : connections_(std::move(connections)), weight_(weight), full_(full) {}

std::ptrdiff_t SpreadConnections::tasks(const Context&) const {
    const auto count = static_cast<std::ptrdiff_t>(connections_.places.size());
    return (count + kConnectionsPerTask - 1) / kConnectionsPerTask;
}

void SpreadConnections::run(const Context&, std::ptrdiff_t task, std::byte*) const {
    const std::ptrdiff_t area = connections_.area, begin = task * kConnectionsPerTask;
    const std::ptrdiff_t end =
        std::min(begin + kConnectionsPerTask, static_cast<std::ptrdiff_t>(connections_.places.size()));
    for (std::ptrdiff_t k = begin; k < end; ++k) {
        const std::ptrdiff_t place = connections_.places[static_cast<std::size_t>(k)];
        std::copy_n(weight_ + k * area, area, full_ + place * area);
    }
}

PickConnections::PickConnections(Connections connections, const float* full, float* picked)
    : connections_(std::move(connections)), full_(full), picked_(picked) {}

void PickConnections::run(const Context&, std::ptrdiff_t slot, std::byte*) const {
    const std::ptrdiff_t area = connections_.area;
    const float* from = full_ + slot * connections_.full_size();
    float* to = picked_ + slot * connections_.weight_size();
    for (const std::ptrdiff_t place : connections_.places) to = std::copy_n(from + place * area, area, to);
}

}  // namespace cnn
