// The pen that draws skeletons: control points become smooth strokes.
#pragma once

#include <array>
#include <cstddef>

#include "digits/digit_draws.h"
#include "digits/digit_skeletons.h"

namespace cnn {

// A control point. Down comes first: written in braces, {down, right}, its random numbers are drawn in this
// order, while compilers draw those of a function's arguments in an order of their own.
struct Place {
    float y;  // 0 at the top to about 1 at the bottom
    float x;  // 0 at the left to about 1 at the right
};

// Turns control points into a smooth path: Hermite curves through the knots with centripetal parameters
// (Yuksel, Schaefer and Keyser 2011: no loops or overshoot between close knots); a corner ends one curve and
// begins another.
class Pen {
  public:
    Pen(Skeleton& skeleton, float unsteadiness, DigitDraws& draws)
        : skeleton_(skeleton), unsteadiness_(unsteadiness), draws_(draws) {}

    void to(const Place& place) { add(place, false); }
    void corner(const Place& place) { add(place, true); }
    // A corner for writers with a sharp hand, a bend for those with a round one.
    void bend(const Place& place, float sharp_probability) { add(place, draws_.chance(sharp_probability)); }

    // Part of an ellipse around (x, y), from `start` to `end` in turns: 0 right, 0.25 bottom, 0.5 left, 0.75
    // top. The radii grow by the factor `growth` on the way. `steps` + 1 knots.
    void arc(float x, float y, float radius_x, float radius_y, float start, float end, int steps,
             float growth = 1.0f);

    // Ends the stroke.
    void lift();

  private:
    struct Knot {
        float x;
        float y;
        bool is_corner;
    };

    void add(const Place& place, bool is_corner);
    void emit(float x, float y, bool lifted);
    // One smooth curve through the knots first to last.
    void curve(std::size_t first, std::size_t last, bool lifted);

    static constexpr std::size_t kMaxKnots = 40;

    Skeleton& skeleton_;
    float unsteadiness_;
    DigitDraws& draws_;
    std::array<Knot, kMaxKnots> knots_;
    std::size_t count_ = 0;
};

}  // namespace cnn
