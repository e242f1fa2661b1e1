#include "digits/digit_pen.h"

#include <algorithm>
#include <cmath>

namespace cnn {
namespace {

struct Vector {
    float x;
    float y;
};

// Cosine and sine of an angle in turns, by Taylor series on a quarter turn: error below 4e-6, the same bits
// everywhere.
Vector direction(float turns) {
    const float turn = turns - std::floor(turns);
    const float quarter = std::floor(turn * 4.0f + 0.5f);
    const float angle = (turn - quarter * 0.25f) * 6.2831853f;
    const float square = angle * angle;
    const float sine = angle * (1.0f - square * (1.0f / 6 - square * (1.0f / 120 - square * (1.0f / 5040))));
    const float cosine = 1.0f - square * (0.5f - square * (1.0f / 24 - square * (1.0f / 720)));
    switch (static_cast<int>(quarter) & 3) {
        case 0:
            return {cosine, sine};
        case 1:
            return {-sine, cosine};
        case 2:
            return {-cosine, -sine};
        default:
            return {sine, -cosine};
    }
}

}  // namespace

void Pen::arc(float x, float y, float radius_x, float radius_y, float start, float end, int steps,
              float growth) {
    for (int step = 0; step <= steps; ++step) {
        const float part = static_cast<float>(step) / static_cast<float>(steps);
        const Vector unit = direction(start + (end - start) * part);
        const float radius = 1.0f + (growth - 1.0f) * part;
        to({y + radius_y * radius * unit.y, x + radius_x * radius * unit.x});
    }
}

void Pen::lift() {
    std::size_t first = 0;
    bool lifted = true;
    for (std::size_t knot = 1; knot < count_; ++knot) {
        if (knots_[knot].is_corner || knot + 1 == count_) {
            curve(first, knot, lifted);
            first = knot;
            lifted = false;
        }
    }
    count_ = 0;
}

void Pen::add(const Place& place, bool is_corner) {
    if (count_ < knots_.size()) {
        knots_[count_++] = {place.x + draws_.normal(unsteadiness_), place.y + draws_.normal(unsteadiness_),
                            is_corner};
    }
}

void Pen::emit(float x, float y, bool lifted) {
    if (skeleton_.count < skeleton_.points.size()) skeleton_.points[skeleton_.count++] = {x, y, lifted};
}

void Pen::curve(std::size_t first, std::size_t last, bool lifted) {
    std::array<float, kMaxKnots> duration;  // of the span that begins at this knot
    std::array<Vector, kMaxKnots> slope;
    for (std::size_t k = first; k < last; ++k) {
        const float dx = knots_[k + 1].x - knots_[k].x;
        const float dy = knots_[k + 1].y - knots_[k].y;
        duration[k] = std::max(std::sqrt(std::sqrt(dx * dx + dy * dy)), 1e-3f);
    }
    const auto chord = [&](std::size_t k) {
        return Vector{(knots_[k + 1].x - knots_[k].x) / duration[k],
                      (knots_[k + 1].y - knots_[k].y) / duration[k]};
    };
    for (std::size_t k = first + 1; k < last; ++k) {
        const Vector before = chord(k - 1);
        const Vector after = chord(k);
        const float weight = duration[k - 1] / (duration[k - 1] + duration[k]);
        slope[k] = {before.x + (after.x - before.x) * weight, before.y + (after.y - before.y) * weight};
    }
    // Both ends are parabolas (second difference constant).
    const Vector begin = chord(first);
    const Vector end = chord(last - 1);
    if (last == first + 1) {
        slope[first] = begin;
        slope[last] = end;
    } else {
        slope[first] = {2.0f * begin.x - slope[first + 1].x, 2.0f * begin.y - slope[first + 1].y};
        slope[last] = {2.0f * end.x - slope[last - 1].x, 2.0f * end.y - slope[last - 1].y};
    }
    if (lifted) emit(knots_[first].x, knots_[first].y, true);
    for (std::size_t k = first; k < last; ++k) {
        const float span = duration[k];
        // Chords of about a fifteenth of the height: under 1.4 pixels each.
        const int steps = std::clamp(static_cast<int>(span * span * 15.0f) + 1, 2, 12);
        for (int step = 1; step <= steps; ++step) {
            const float t = static_cast<float>(step) / static_cast<float>(steps);
            const float u = 1.0f - t;
            const float h00 = (1.0f + 2.0f * t) * u * u;
            const float h10 = t * u * u * span;
            const float h01 = t * t * (3.0f - 2.0f * t);
            const float h11 = -t * t * u * span;
            emit(h00 * knots_[k].x + h10 * slope[k].x + h01 * knots_[k + 1].x + h11 * slope[k + 1].x,
                 h00 * knots_[k].y + h10 * slope[k].y + h01 * knots_[k + 1].y + h11 * slope[k + 1].y, false);
        }
    }
}

}  // namespace cnn
