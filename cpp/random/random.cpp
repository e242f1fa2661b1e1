#include "random/random.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "random/philox.h"

namespace cnn {
namespace {

Philox4x32::Counter block_at(std::uint64_t block, Philox4x32::Key key, std::uint32_t purpose,
                             std::uint32_t stream, std::uint32_t part) {
    return Philox4x32::block({static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32),
                              stream, purpose << 24 | part},
                             key);
}

// The same numbers as block_at, one after the other.
class Sequence {
  public:
    // part: below 2^24, of a purpose that has many streams of streams
    Sequence(Philox4x32::Key key, std::uint32_t purpose, std::uint32_t stream, std::uint32_t part = 0)
        : key_(key), purpose_(purpose), stream_(stream), part_(part) {}
    std::uint32_t next() {
        if (used_ == 4) {
            numbers_ = block_at(block_++, key_, purpose_, stream_, part_);
            used_ = 0;
        }
        return numbers_[used_++];
    }

  private:
    Philox4x32::Key key_;
    std::uint32_t purpose_, stream_, part_;
    std::uint64_t block_ = 0;
    Philox4x32::Counter numbers_{};
    std::size_t used_ = 4;
};

// Unbiased number below `bound`: the upper half of a product, drawn again in the rare cases that would favour
// some.
std::uint32_t below(Sequence& sequence, std::uint32_t bound) {
    std::uint64_t product = std::uint64_t{sequence.next()} * bound;
    if (static_cast<std::uint32_t>(product) < bound) {
        const std::uint32_t threshold = (0u - bound) % bound;
        while (static_cast<std::uint32_t>(product) < threshold)
            product = std::uint64_t{sequence.next()} * bound;
    }
    return static_cast<std::uint32_t>(product >> 32);
}

// Fisher & Yates in the form of Durstenfeld 1964.
void shuffle(std::int64_t* out, std::ptrdiff_t count, Sequence& sequence) {
    for (std::ptrdiff_t i = count - 1; i > 0; --i) {
        const std::ptrdiff_t j = below(sequence, static_cast<std::uint32_t>(i + 1));
        std::swap(out[i], out[j]);
    }
}

// Draws `begin` .. `end` - 1 of a class, counted over all epochs: one shuffle of its members after the other.
void draw_members(std::int64_t* out, const std::vector<std::int64_t>& members, std::uint64_t begin,
                  std::uint64_t end, Philox4x32::Key key, std::uint32_t label) {
    const std::uint64_t size = members.size();
    const std::uint32_t purpose = static_cast<std::uint32_t>(Purpose::kBalance);
    std::vector<std::int64_t> turn(members.size());
    for (std::uint64_t at = begin; at < end;) {
        const std::uint64_t round = at / size, first = at % size;
        const std::uint64_t taken = std::min(size - first, end - at);
        turn = members;
        Sequence sequence(key, purpose, static_cast<std::uint32_t>(round), label);
        shuffle(turn.data(), static_cast<std::ptrdiff_t>(size), sequence);
        out = std::copy_n(turn.begin() + static_cast<std::ptrdiff_t>(first), taken, out);
        at += taken;
    }
}

}  // namespace

void random_uniform(float* out, std::ptrdiff_t count, std::uint64_t seed, std::uint32_t purpose,
                    std::uint32_t stream) {
    Sequence sequence(Philox4x32::key(seed), purpose, stream);
    for (std::ptrdiff_t i = 0; i < count; ++i) out[i] = Philox4x32::uniform(sequence.next());
}

void random_permutation(std::int64_t* out, std::ptrdiff_t count, std::uint64_t seed, std::uint32_t epoch) {
    Sequence sequence(Philox4x32::key(seed), static_cast<std::uint32_t>(Purpose::kShuffle), epoch);
    std::iota(out, out + count, std::int64_t{0});
    shuffle(out, count, sequence);
}

void random_balanced_order(std::int64_t* out, std::ptrdiff_t count, const std::int64_t* labels,
                           std::ptrdiff_t samples, std::int64_t classes, std::uint64_t seed,
                           std::uint32_t epoch) {
    std::vector<std::vector<std::int64_t>> members(static_cast<std::size_t>(classes));
    for (std::ptrdiff_t i = 0; i < samples; ++i) members[static_cast<std::size_t>(labels[i])].push_back(i);
    const auto there = static_cast<std::uint64_t>(
        std::count_if(members.begin(), members.end(), [](const auto& one) { return !one.empty(); }));
    if (there == 0) return;
    const Philox4x32::Key key = Philox4x32::key(seed);
    const auto whole = static_cast<std::uint64_t>(count);
    std::int64_t* place = out;
    std::uint64_t number = 0;  // among the classes that have samples
    for (std::size_t label = 0; label < members.size(); ++label) {
        if (members[label].empty()) continue;
        const std::uint64_t share = whole / there + (number++ < whole % there ? 1 : 0);
        const std::uint64_t begin = share * epoch;
        draw_members(place, members[label], begin, begin + share, key, static_cast<std::uint32_t>(label));
        place += share;
    }
    Sequence sequence(key, static_cast<std::uint32_t>(Purpose::kShuffle), epoch);
    shuffle(out, count, sequence);
}

}  // namespace cnn
