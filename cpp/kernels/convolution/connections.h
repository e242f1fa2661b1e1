// A convolution whose outputs see some of the inputs: from its weights, one kernel for each connection, to
// those of the full convolution, 0 where nothing is connected, and from the gradients of those back to the
// connections.
//
//   weight: (connections, KH, KW); full: (O, C, KH, KW)
//
// `places[k]` is o * C + c of connection k: rising, so that those of an output follow each other.
#pragma once

#include <vector>

#include "core/op.h"

namespace cnn {

struct Connections {
    std::vector<std::ptrdiff_t> places;
    std::ptrdiff_t pairs = 0;  // O * C, connected or not
    std::ptrdiff_t area = 0;   // KH * KW

    std::ptrdiff_t weight_size() const { return static_cast<std::ptrdiff_t>(places.size()) * area; }
    std::ptrdiff_t full_size() const { return pairs * area; }
};

// `full` is 0 where it is not written: elsewhere than at connections. Task t: some connections.
class SpreadConnections : public Op {
  public:
    SpreadConnections(Connections connections, const float* weight, float* full);
    std::ptrdiff_t tasks(const Context&) const override;
    void run(const Context&, std::ptrdiff_t task, std::byte*) const override;

  private:
    Connections connections_;
    const float* weight_;
    float* full_;
};

// full[slot][full_size()] to picked[slot][weight_size()]. Task t: slot t.
class PickConnections : public Op {
  public:
    PickConnections(Connections connections, const float* full, float* picked);
    std::ptrdiff_t tasks(const Context& context) const override { return slot_count(context.samples); }
    void run(const Context&, std::ptrdiff_t slot, std::byte*) const override;

  private:
    Connections connections_;
    const float* full_;
    float* picked_;
};

}  // namespace cnn
