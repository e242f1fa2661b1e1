#include "digits/digit_skeletons.h"

#include <algorithm>

#include "digits/digit_pen.h"

namespace cnn {
namespace {

// An oval, written counter-clockwise from the top in most hands. It may stay open, overlap, begin with a
// hook, or end inside.
void draw_zero(Pen& pen, DigitDraws& draws) {
    const float start = draws.near(0.78f, 0.07f);
    const float turn = draws.chance(0.85f) ? -1.0f : 1.0f;
    const float overlap = draws.near(0.02f, 0.07f);
    const float width = draws.between(0.85f, 1.0f);
    const float growth = draws.near(1.0f, 0.09f);
    if (draws.chance(0.28f)) {  // the pen comes in from outside, or leaves a little loop at the top
        const float reach = draws.between(-0.2f, 0.4f);
        pen.to({draws.between(-0.1f, 0.15f), 0.5f + reach});
    }
    pen.arc(0.5f, 0.5f, 0.5f * width, 0.5f, start, start + turn * (1.0f + overlap), 8, growth);
    const float ending = draws.uniform();
    if (ending < 0.12f) {
        pen.to({draws.between(-0.15f, 0.2f), draws.between(0.3f, 0.95f)});
    } else if (ending < 0.25f) {  // into the oval
        pen.to({draws.between(0.1f, 0.4f), draws.between(0.35f, 0.75f)});
    }
    pen.lift();
}

// A stem, with or without a flag at its top and a base at its foot.
void draw_one(Pen& pen, DigitDraws& draws) {
    const float bow = draws.normal(0.03f);
    const bool has_flag = draws.chance(0.18f);
    const bool has_base = draws.chance(has_flag ? 0.4f : 0.01f);
    if (has_flag) {
        const float reach = draws.between(0.06f, 0.38f);
        const float drop = draws.between(0.05f, 0.48f);
        pen.to({drop, 0.5f - reach});
        if (draws.chance(0.4f)) pen.to({0.6f * drop, 0.5f - 0.45f * reach});
        pen.bend({0.0f, 0.5f}, 0.9f);
    } else {
        pen.to({0.0f, 0.5f});
    }
    pen.to({0.33f, 0.5f + bow});
    pen.to({0.67f, 0.5f + bow});
    pen.to({1.0f, 0.5f});
    if (!has_flag && draws.chance(0.04f)) pen.to({0.98f, 0.5f + draws.between(0.05f, 0.15f)});
    pen.lift();
    if (has_base) {
        const float half = draws.between(0.15f, 0.5f);
        pen.to({draws.near(1.0f, 0.02f), 0.5f - half});
        pen.to({draws.near(1.0f, 0.03f), 0.5f + half});
        pen.lift();
    }
}

// A hook over the top, down to the lower left, then the base: from a corner, a curl, or a loop.
void draw_two(Pen& pen, DigitDraws& draws) {
    const float shoulder = draws.between(0.62f, 0.98f);
    const float top_x = draws.between(0.34f, 0.58f);
    const float turn_y = draws.between(0.18f, 0.34f);
    // Where the hook begins: curled in, far back for a deep one, high for a flat one; or there is hardly any.
    if (draws.chance(0.14f)) {
        pen.to({draws.between(-0.02f, 0.16f), top_x - draws.between(0.0f, 0.2f)});
        if (draws.chance(0.5f)) pen.to({draws.between(-0.04f, 0.08f), shoulder - draws.between(0.0f, 0.2f)});
    } else {
        const float start_x = draws.between(0.0f, 0.26f);
        const float start_y = draws.chance(0.25f) ? draws.between(0.3f, 0.54f) : draws.between(0.06f, 0.4f);
        if (draws.chance(0.16f))
            pen.to({start_y + draws.between(-0.04f, 0.1f), start_x + draws.between(0.06f, 0.22f)});
        pen.to({start_y, start_x});
        if (draws.chance(0.6f)) pen.to({draws.between(0.02f, 0.12f), draws.between(0.15f, 0.26f)});
        pen.to({draws.between(-0.02f, 0.04f), top_x});
    }
    pen.to({turn_y, shoulder});
    const float foot_x = draws.between(-0.04f, 0.24f);
    const float end_x = draws.chance(0.15f) ? draws.between(1.1f, 1.7f) : draws.between(0.5f, 1.2f);
    if (draws.chance(0.5f)) {  // corner
        const float foot_y = draws.between(0.84f, 1.0f);
        pen.to({draws.between(0.5f, 0.68f), 0.5f * (shoulder + foot_x) + draws.between(-0.02f, 0.12f)});
        pen.bend({foot_y, foot_x}, 0.75f);
        if (draws.chance(0.6f)) pen.to({foot_y + draws.between(-0.1f, 0.08f), draws.between(0.35f, 0.6f)});
        pen.to({draws.chance(0.15f) ? draws.between(0.5f, 0.85f) : draws.between(0.8f, 1.14f), end_x});
    } else {  // loop, from a speck to half of the height
        const bool is_large = draws.chance(0.3f);
        const float width = is_large ? draws.between(0.5f, 0.9f) : draws.between(0.1f, 0.75f);
        const float height = is_large ? draws.between(0.3f, 0.6f) : draws.between(0.06f, 0.4f);
        const float foot_y = draws.between(0.9f, 1.02f);
        pen.to({draws.between(0.48f, 0.62f),
                0.6f * shoulder + 0.4f * (foot_x + width) + draws.between(0.0f, 0.08f)});
        pen.to({foot_y - height * draws.between(0.1f, 0.45f), foot_x + width * draws.between(0.7f, 1.0f)});
        pen.to({foot_y, foot_x + width * draws.between(0.25f, 0.5f)});
        pen.to({foot_y - height * draws.between(0.3f, 0.6f), foot_x});
        pen.to({foot_y - height, foot_x + width * draws.between(0.3f, 0.6f)});
        pen.to({foot_y - height * draws.between(0.2f, 0.7f), foot_x + width + draws.between(0.06f, 0.2f)});
        const float tail_x = std::max(end_x, foot_x + width + draws.between(0.12f, 0.4f));
        pen.to({draws.between(0.84f, 1.08f), tail_x});
        if (draws.chance(0.3f)) pen.to({draws.between(0.76f, 0.9f), tail_x + draws.between(0.05f, 0.15f)});
    }
    pen.lift();
}

// Two bowls that meet in a cusp, a bend or a small loop; the upper one may be flat with a corner.
void draw_three(Pen& pen, DigitDraws& draws) {
    const float waist_x = draws.between(0.08f, 0.5f);
    const float waist_y = draws.between(0.34f, 0.56f);
    const float upper = draws.between(0.62f, 1.0f);
    if (draws.chance(0.14f)) {  // flat top
        pen.to({draws.between(-0.02f, 0.08f), draws.between(0.0f, 0.2f)});
        pen.corner({draws.between(-0.03f, 0.05f), draws.between(0.75f, 0.95f)});
    } else {
        pen.to({draws.between(0.06f, 0.26f), draws.between(0.0f, 0.25f)});
        if (draws.chance(0.5f)) pen.to({draws.between(0.02f, 0.1f), draws.between(0.16f, 0.3f)});
        pen.to({draws.between(-0.02f, 0.02f), draws.between(0.42f, 0.6f)});
        pen.to({draws.between(0.14f, 0.26f), upper});
        pen.to({waist_y - draws.between(0.04f, 0.1f), 0.55f * upper + 0.45f * waist_x});
    }
    if (draws.chance(0.15f)) {  // loop at the waist
        const float size = draws.between(0.03f, 0.1f);
        pen.to({waist_y + size * 0.3f, waist_x});
        pen.to({waist_y, waist_x - size});
        pen.to({waist_y - size * 0.6f, waist_x});
    } else {
        pen.bend({waist_y, waist_x}, 0.7f);
    }
    const float lower = draws.between(0.7f, 1.05f);
    pen.to({waist_y + draws.between(0.02f, 0.1f), 0.5f * (lower + waist_x) + 0.08f});
    pen.to({draws.between(0.64f, 0.8f), lower});
    pen.to({draws.between(0.95f, 1.02f), draws.between(0.4f, 0.65f)});
    pen.to({draws.between(0.88f, 1.0f), draws.between(0.12f, 0.3f)});
    if (draws.chance(0.6f)) pen.to({draws.between(0.66f, 0.92f), draws.between(-0.1f, 0.16f)});
    pen.lift();
}

// Open (a left hook and a stem), closed (a triangle and a stem), or in one stroke.
void draw_four(Pen& pen, DigitDraws& draws) {
    const float bar_y = draws.between(0.42f, 0.7f);
    const float stem_x = draws.between(0.6f, 0.9f);
    const float foot_x = stem_x + draws.near(-0.04f, 0.06f);
    const float style = draws.uniform();
    if (style < 0.16f) {  // closed, the apex at the top
        const float apex_x = draws.between(0.6f, 0.8f);
        pen.to({0.0f, apex_x});
        pen.corner({bar_y, draws.between(0.0f, 0.12f)});
        pen.to({bar_y + draws.near(-0.02f, 0.06f), draws.between(0.72f, 1.15f)});
        pen.lift();
        pen.to({draws.between(-0.02f, 0.2f), apex_x + draws.normal(0.04f)});
        pen.to({1.0f, foot_x});
        pen.lift();
        return;
    }
    const float left_x = draws.between(0.0f, 0.2f);
    const float left_top_x = left_x + draws.near(0.08f, 0.09f);
    const float left_top_y = draws.between(-0.02f, 0.2f);
    const float stem_top_y = draws.between(-0.05f, 0.25f);
    const float sharp = draws.chance(0.5f) ? 0.9f : 0.1f;
    pen.to({left_top_y, left_top_x});
    pen.to({0.4f * left_top_y + 0.6f * bar_y, left_x + 0.02f});
    if (style < 0.34f) {  // one stroke: down, across, up to the top of the stem and down it
        pen.bend({bar_y, left_x + 0.06f}, 0.3f);
        pen.to({bar_y + draws.between(-0.02f, 0.08f), 0.5f * (left_x + stem_x)});
        pen.to({bar_y - draws.between(0.04f, 0.16f), stem_x - 0.04f});
        pen.corner({stem_top_y, stem_x + 0.02f});
        pen.to({0.55f, 0.5f * (stem_x + foot_x)});
        pen.to({1.0f, foot_x});
        pen.lift();
        return;
    }
    pen.bend({bar_y, left_x + 0.02f}, sharp);
    const bool crosses = draws.chance(0.7f);
    pen.to({bar_y + draws.near(0.01f, 0.03f), 0.5f});
    pen.to({bar_y + draws.near(-0.03f, 0.05f),
            stem_x + (crosses ? draws.between(0.1f, 0.34f) : draws.between(-0.06f, 0.06f))});
    pen.lift();
    pen.to({stem_top_y, stem_x});
    pen.to({0.55f, 0.5f * (stem_x + foot_x) + draws.normal(0.02f)});
    pen.to({1.0f, foot_x});
    pen.lift();
}

// A neck, a bowl, and a bar on top: drawn last with a gap or overlap, or first in one stroke; or shaped like
// an S.
void draw_five(Pen& pen, DigitDraws& draws) {
    const float neck_x = draws.between(0.06f, 0.42f);
    const float neck_y = draws.between(0.22f, 0.56f);
    const float top_x = neck_x + draws.near(0.07f, 0.09f);
    const float top_y = draws.between(0.0f, 0.1f);
    const float end_x = draws.between(0.7f, 1.3f);
    const float end_y = top_y + draws.near(-0.05f, 0.08f);
    const float bowl = draws.chance(0.15f) ? draws.between(0.42f, 0.65f) : draws.between(0.62f, 1.0f);
    const bool one_stroke = draws.chance(0.45f);
    const float sharp = draws.chance(0.7f) ? 0.85f : 0.1f;
    if (one_stroke) {
        pen.to({end_y, end_x});
        if (draws.chance(0.4f))
            pen.to({0.5f * (end_y + top_y) + draws.normal(0.03f), 0.5f * (end_x + top_x)});
        pen.bend({top_y, top_x}, sharp);
    } else {
        pen.to({top_y, top_x});
    }
    if (draws.chance(0.4f)) pen.to({0.5f * (top_y + neck_y), 0.5f * (top_x + neck_x) + draws.normal(0.015f)});
    pen.bend({neck_y, neck_x}, sharp);
    pen.to({neck_y + draws.between(-0.08f, 0.08f), 0.5f * (neck_x + bowl)});
    pen.to({draws.between(0.6f, 0.76f), bowl});
    pen.to({draws.between(0.94f, 1.02f), draws.between(0.4f, 0.62f)});
    pen.to({draws.between(0.9f, 1.0f), draws.between(0.1f, 0.28f)});
    const float ending = draws.uniform();
    if (ending < 0.5f) {
        pen.to({draws.between(0.6f, 0.92f), draws.between(-0.12f, 0.14f)});
    } else if (ending < 0.58f) {  // back to the neck, or nearly
        pen.to({draws.between(0.7f, 0.85f), draws.between(-0.08f, 0.1f)});
        pen.to({neck_y + draws.between(0.02f, 0.16f), neck_x + draws.between(-0.15f, 0.1f)});
    }
    pen.lift();
    if (!one_stroke) {
        const float reach = draws.chance(0.15f) ? draws.between(0.05f, 0.35f) : draws.near(0.01f, 0.05f);
        pen.to({top_y + draws.normal(0.04f), top_x - reach});
        if (draws.chance(0.4f))
            pen.to({0.5f * (end_y + top_y) + draws.normal(0.03f), 0.5f * (end_x + top_x)});
        pen.to({end_y, end_x});
        pen.lift();
    }
}

// A stem from the top that ends in a bowl: from an upright stem at the left to an arc that begins far to the
// right.
void draw_six(Pen& pen, DigitDraws& draws) {
    const float bowl_top = draws.between(0.4f, 0.68f);
    const float right = draws.between(0.72f, 1.0f);
    const float left = draws.between(0.0f, 0.1f);
    const float top_x = draws.chance(0.3f) ? draws.between(0.0f, 0.35f) : draws.between(0.3f, 0.85f);
    const float middle_y = 0.5f * (bowl_top + 1.0f);
    if (draws.chance(0.05f)) pen.to({draws.between(0.02f, 0.1f), top_x + draws.between(0.04f, 0.18f)});
    pen.to({0.0f, top_x});
    pen.to({draws.between(0.2f, 0.34f), left + (top_x - left) * draws.between(0.3f, 0.58f)});
    pen.to({draws.between(0.5f, 0.64f), left + draws.between(0.0f, 0.08f)});
    pen.to({draws.between(0.8f, 0.92f), left + draws.between(0.04f, 0.14f)});
    pen.to({1.0f, draws.between(0.36f, 0.56f)});
    pen.to({middle_y + draws.between(-0.02f, 0.14f), right});
    pen.to({bowl_top + draws.between(0.0f, 0.1f), right - draws.between(0.06f, 0.2f)});
    const float closing = draws.uniform();
    if (closing < 0.08f) {  // stays open
        pen.to({bowl_top + draws.between(0.0f, 0.12f), 0.5f * (left + right)});
    } else {  // ends short of the stem, on it, or beyond
        pen.to({bowl_top + draws.between(-0.04f, 0.1f), 0.45f * (left + right)});
        pen.to({middle_y + draws.between(-0.1f, 0.1f), left + draws.between(-0.05f, 0.4f)});
        if (closing > 0.6f) pen.to({draws.between(0.82f, 0.98f), left + draws.between(0.1f, 0.6f)});
    }
    pen.lift();
}

// A bar and a stem, some with a tick at the left, some with a cross-bar; the corner may be an arch.
void draw_seven(Pen& pen, DigitDraws& draws) {
    const float bar_y = draws.between(-0.02f, 0.2f);
    const float corner_x = draws.between(0.78f, 1.0f);
    const float corner_y = draws.between(-0.02f, 0.12f);
    const float foot_x = corner_x - draws.between(-0.02f, 0.72f);
    if (draws.chance(0.3f)) {
        pen.to({bar_y + draws.between(0.08f, 0.4f), draws.between(-0.06f, 0.08f)});
        pen.bend({bar_y, draws.between(0.0f, 0.12f)}, 0.6f);
    } else {
        pen.to({bar_y, draws.between(-0.08f, 0.16f)});
    }
    if (draws.chance(0.6f))
        pen.to({0.5f * (bar_y + corner_y) + draws.normal(0.045f), draws.between(0.35f, 0.6f)});
    if (draws.chance(0.18f)) {  // arch
        pen.to({corner_y, corner_x - draws.between(0.15f, 0.3f)});
        pen.to({corner_y + draws.between(0.12f, 0.32f), corner_x});
    } else {
        pen.bend({corner_y, corner_x}, 0.65f);
    }
    const float bow = draws.near(-0.02f, 0.08f);
    pen.to({0.38f, corner_x + (foot_x - corner_x) * 0.42f - bow});
    pen.to({0.68f, corner_x + (foot_x - corner_x) * 0.74f + bow * 0.5f});
    pen.to({1.0f, foot_x});
    pen.lift();
    if (draws.chance(0.2f)) {
        const float cross_y = draws.between(0.36f, 0.62f);
        const float cross_x = corner_x + (foot_x - corner_x) * (cross_y + 0.04f);
        const float rise = draws.normal(0.05f);
        pen.to({cross_y + rise, cross_x - draws.between(0.12f, 0.45f)});
        pen.to({cross_y - rise, cross_x + draws.between(0.12f, 0.45f)});
        pen.lift();
    }
}

// One crossing stroke from the upper right, closed or open at the top, or two ovals.
void draw_eight(Pen& pen, DigitDraws& draws) {
    const float waist = draws.between(0.34f, 0.64f);
    const float upper = draws.between(0.14f, 0.52f);  // half the width
    const float lower = draws.chance(0.06f) ? draws.between(0.02f, 0.16f) : draws.between(0.13f, 0.54f);
    if (draws.chance(0.1f)) {  // two ovals
        const float start = draws.near(0.75f, 0.08f);
        const float shift = draws.normal(0.05f);
        pen.arc(0.5f + shift, 0.5f * waist, upper, 0.5f * waist, start, start - draws.between(0.95f, 1.1f),
                9);
        pen.lift();
        const float second = draws.near(0.75f, 0.1f);
        pen.arc(0.5f - shift, 0.5f * (waist + 1.0f), lower, 0.5f * (1.0f - waist), second,
                second - draws.between(0.95f, 1.1f), 9);
        pen.lift();
        return;
    }
    const bool mirrored = draws.chance(0.1f);
    const auto x = [&](float offset) { return mirrored ? 0.5f - offset : 0.5f + offset; };
    const float gap = draws.chance(0.4f) ? draws.between(0.0f, 0.35f) : draws.between(-0.08f, 0.03f);
    const float shift = draws.normal(0.04f);  // of the lower bowl
    pen.to({draws.between(0.04f, 0.24f), x(upper * draws.between(0.5f, 1.3f))});
    if (draws.chance(0.6f)) pen.to({draws.between(-0.01f, 0.03f), x(upper * draws.between(0.1f, 0.5f))});
    pen.to({draws.between(0.02f, 0.1f), x(-upper * draws.between(0.5f, 0.85f))});
    pen.to({waist * draws.between(0.4f, 0.65f), x(-upper * draws.between(0.85f, 1.05f))});
    pen.to({waist, x(draws.near(0.0f, 0.05f))});
    pen.to({0.5f * (waist + 1.0f) + draws.near(0.02f, 0.04f), x(shift + lower)});
    pen.to({1.0f, x(shift + draws.near(0.0f, 0.06f))});
    pen.to({0.5f * (waist + 1.0f) + draws.near(0.05f, 0.04f), x(shift - lower)});
    pen.to({waist + draws.normal(0.03f), x(draws.near(-0.02f, 0.05f))});
    pen.to({0.5f * waist + draws.normal(0.04f), x(upper * draws.between(0.5f, 1.0f))});
    pen.to({draws.between(0.03f, 0.18f) - gap * 0.3f, x(upper * draws.between(0.5f, 1.2f) + gap * 0.5f)});
    if (draws.chance(0.1f)) pen.to({draws.between(-0.12f, 0.06f), x(upper + draws.between(0.1f, 0.4f))});
    pen.lift();
}

// A bowl at the top and a tail: straight, curved, or hooked; in one stroke, or the stem apart.
void draw_nine(Pen& pen, DigitDraws& draws) {
    const float bowl_bottom = draws.chance(0.12f) ? draws.between(0.58f, 0.78f) : draws.between(0.32f, 0.6f);
    const float right = draws.between(0.75f, 1.0f);
    const float left = draws.between(0.0f, 0.12f);
    const float tail_x = right + draws.near(-0.14f, 0.17f);
    const float centre_x = 0.5f * (left + right);
    if (draws.chance(0.1f)) {  // the bowl is open at the top
        pen.to({draws.between(-0.02f, 0.1f), centre_x + draws.between(-0.15f, 0.2f)});
    } else {  // it begins beyond the stem, at it, or on top
        pen.to({draws.between(0.0f, 0.22f), right - draws.between(-0.12f, 0.35f)});
        pen.to({draws.between(-0.02f, 0.04f), centre_x + draws.between(-0.1f, 0.12f)});
    }
    pen.to({bowl_bottom * draws.between(0.4f, 0.7f), left + draws.between(0.0f, 0.08f)});
    pen.to({bowl_bottom, centre_x - draws.between(-0.06f, 0.2f)});
    pen.to({bowl_bottom - draws.between(0.05f, 0.18f), right - draws.between(0.02f, 0.2f)});
    const float top_y = draws.chance(0.7f) ? draws.between(-0.04f, 0.18f) : draws.between(0.1f, 0.3f);
    if (draws.chance(0.25f)) {
        pen.lift();
        pen.to({top_y, right});
    } else {
        pen.bend({top_y, right}, 0.75f);
    }
    const float style = draws.uniform();
    const float middle_x = 0.5f * (right + tail_x) + draws.near(0.02f, 0.03f);
    pen.to({std::max(0.5f, bowl_bottom) + draws.between(0.0f, 0.1f), middle_x});
    if (style < 0.78f) {  // straight
        pen.to({1.0f, tail_x});
    } else {  // curved to the left, with a short or a long hook
        pen.to({draws.between(0.76f, 0.88f), middle_x - draws.between(0.02f, 0.1f)});
        pen.to({draws.between(0.95f, 1.02f), middle_x - draws.between(0.16f, 0.35f)});
        if (draws.chance(0.6f)) pen.to({draws.between(0.84f, 0.98f), draws.between(0.0f, 0.2f)});
    }
    pen.lift();
}

}  // namespace

void draw_skeleton(Skeleton& skeleton, int digit, float unsteadiness, DigitDraws& draws) {
    skeleton.count = 0;
    Pen pen(skeleton, unsteadiness, draws);
    switch (digit) {
        case 0:
            return draw_zero(pen, draws);
        case 1:
            return draw_one(pen, draws);
        case 2:
            return draw_two(pen, draws);
        case 3:
            return draw_three(pen, draws);
        case 4:
            return draw_four(pen, draws);
        case 5:
            return draw_five(pen, draws);
        case 6:
            return draw_six(pen, draws);
        case 7:
            return draw_seven(pen, draws);
        case 8:
            return draw_eight(pen, draws);
        default:
            return draw_nine(pen, draws);
    }
}

}  // namespace cnn
