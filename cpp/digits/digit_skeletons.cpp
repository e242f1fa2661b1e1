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
        pen.to(0.5f + reach, draws.between(-0.1f, 0.15f));
    }
    pen.arc(0.5f, 0.5f, 0.5f * width, 0.5f, start, start + turn * (1.0f + overlap), 8, growth);
    const float ending = draws.uniform();
    if (ending < 0.12f) {
        pen.to(draws.between(0.3f, 0.95f), draws.between(-0.15f, 0.2f));
    } else if (ending < 0.25f) {  // into the oval
        pen.to(draws.between(0.35f, 0.75f), draws.between(0.1f, 0.4f));
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
        pen.to(0.5f - reach, drop);
        if (draws.chance(0.4f)) pen.to(0.5f - 0.45f * reach, 0.6f * drop);
        pen.bend(0.5f, 0.0f, 0.9f);
    } else {
        pen.to(0.5f, 0.0f);
    }
    pen.to(0.5f + bow, 0.33f);
    pen.to(0.5f + bow, 0.67f);
    pen.to(0.5f, 1.0f);
    if (!has_flag && draws.chance(0.04f)) pen.to(0.5f + draws.between(0.05f, 0.15f), 0.98f);
    pen.lift();
    if (has_base) {
        const float half = draws.between(0.15f, 0.5f);
        pen.to(0.5f - half, draws.near(1.0f, 0.02f));
        pen.to(0.5f + half, draws.near(1.0f, 0.03f));
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
        pen.to(top_x - draws.between(0.0f, 0.2f), draws.between(-0.02f, 0.16f));
        if (draws.chance(0.5f)) pen.to(shoulder - draws.between(0.0f, 0.2f), draws.between(-0.04f, 0.08f));
    } else {
        const float start_x = draws.between(0.0f, 0.26f);
        const float start_y = draws.chance(0.25f) ? draws.between(0.3f, 0.54f) : draws.between(0.06f, 0.4f);
        if (draws.chance(0.16f))
            pen.to(start_x + draws.between(0.06f, 0.22f), start_y + draws.between(-0.04f, 0.1f));
        pen.to(start_x, start_y);
        if (draws.chance(0.6f)) pen.to(draws.between(0.15f, 0.26f), draws.between(0.02f, 0.12f));
        pen.to(top_x, draws.between(-0.02f, 0.04f));
    }
    pen.to(shoulder, turn_y);
    const float foot_x = draws.between(-0.04f, 0.24f);
    const float end_x = draws.chance(0.15f) ? draws.between(1.1f, 1.7f) : draws.between(0.5f, 1.2f);
    if (draws.chance(0.5f)) {  // corner
        const float foot_y = draws.between(0.84f, 1.0f);
        pen.to(0.5f * (shoulder + foot_x) + draws.between(-0.02f, 0.12f), draws.between(0.5f, 0.68f));
        pen.bend(foot_x, foot_y, 0.75f);
        if (draws.chance(0.6f)) pen.to(draws.between(0.35f, 0.6f), foot_y + draws.between(-0.1f, 0.08f));
        pen.to(end_x, draws.chance(0.15f) ? draws.between(0.5f, 0.85f) : draws.between(0.8f, 1.14f));
    } else {  // loop, from a speck to half of the height
        const bool is_large = draws.chance(0.3f);
        const float width = is_large ? draws.between(0.5f, 0.9f) : draws.between(0.1f, 0.75f);
        const float height = is_large ? draws.between(0.3f, 0.6f) : draws.between(0.06f, 0.4f);
        const float foot_y = draws.between(0.9f, 1.02f);
        pen.to(0.6f * shoulder + 0.4f * (foot_x + width) + draws.between(0.0f, 0.08f),
               draws.between(0.48f, 0.62f));
        pen.to(foot_x + width * draws.between(0.7f, 1.0f), foot_y - height * draws.between(0.1f, 0.45f));
        pen.to(foot_x + width * draws.between(0.25f, 0.5f), foot_y);
        pen.to(foot_x, foot_y - height * draws.between(0.3f, 0.6f));
        pen.to(foot_x + width * draws.between(0.3f, 0.6f), foot_y - height);
        pen.to(foot_x + width + draws.between(0.06f, 0.2f), foot_y - height * draws.between(0.2f, 0.7f));
        const float tail_x = std::max(end_x, foot_x + width + draws.between(0.12f, 0.4f));
        pen.to(tail_x, draws.between(0.84f, 1.08f));
        if (draws.chance(0.3f)) pen.to(tail_x + draws.between(0.05f, 0.15f), draws.between(0.76f, 0.9f));
    }
    pen.lift();
}

// Two bowls that meet in a cusp, a bend or a small loop; the upper one may be flat with a corner.
void draw_three(Pen& pen, DigitDraws& draws) {
    const float waist_x = draws.between(0.08f, 0.5f);
    const float waist_y = draws.between(0.34f, 0.56f);
    const float upper = draws.between(0.62f, 1.0f);
    if (draws.chance(0.14f)) {  // flat top
        pen.to(draws.between(0.0f, 0.2f), draws.between(-0.02f, 0.08f));
        pen.corner(draws.between(0.75f, 0.95f), draws.between(-0.03f, 0.05f));
    } else {
        pen.to(draws.between(0.0f, 0.25f), draws.between(0.06f, 0.26f));
        if (draws.chance(0.5f)) pen.to(draws.between(0.16f, 0.3f), draws.between(0.02f, 0.1f));
        pen.to(draws.between(0.42f, 0.6f), draws.between(-0.02f, 0.02f));
        pen.to(upper, draws.between(0.14f, 0.26f));
        pen.to(0.55f * upper + 0.45f * waist_x, waist_y - draws.between(0.04f, 0.1f));
    }
    if (draws.chance(0.15f)) {  // loop at the waist
        const float size = draws.between(0.03f, 0.1f);
        pen.to(waist_x, waist_y + size * 0.3f);
        pen.to(waist_x - size, waist_y);
        pen.to(waist_x, waist_y - size * 0.6f);
    } else {
        pen.bend(waist_x, waist_y, 0.7f);
    }
    const float lower = draws.between(0.7f, 1.05f);
    pen.to(0.5f * (lower + waist_x) + 0.08f, waist_y + draws.between(0.02f, 0.1f));
    pen.to(lower, draws.between(0.64f, 0.8f));
    pen.to(draws.between(0.4f, 0.65f), draws.between(0.95f, 1.02f));
    pen.to(draws.between(0.12f, 0.3f), draws.between(0.88f, 1.0f));
    if (draws.chance(0.6f)) pen.to(draws.between(-0.1f, 0.16f), draws.between(0.66f, 0.92f));
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
        pen.to(apex_x, 0.0f);
        pen.corner(draws.between(0.0f, 0.12f), bar_y);
        pen.to(draws.between(0.72f, 1.15f), bar_y + draws.near(-0.02f, 0.06f));
        pen.lift();
        pen.to(apex_x + draws.normal(0.04f), draws.between(-0.02f, 0.2f));
        pen.to(foot_x, 1.0f);
        pen.lift();
        return;
    }
    const float left_x = draws.between(0.0f, 0.2f);
    const float left_top_x = left_x + draws.near(0.08f, 0.09f);
    const float left_top_y = draws.between(-0.02f, 0.2f);
    const float stem_top_y = draws.between(-0.05f, 0.25f);
    const float sharp = draws.chance(0.5f) ? 0.9f : 0.1f;
    pen.to(left_top_x, left_top_y);
    pen.to(left_x + 0.02f, 0.4f * left_top_y + 0.6f * bar_y);
    if (style < 0.34f) {  // one stroke: down, across, up to the top of the stem and down it
        pen.bend(left_x + 0.06f, bar_y, 0.3f);
        pen.to(0.5f * (left_x + stem_x), bar_y + draws.between(-0.02f, 0.08f));
        pen.to(stem_x - 0.04f, bar_y - draws.between(0.04f, 0.16f));
        pen.corner(stem_x + 0.02f, stem_top_y);
        pen.to(0.5f * (stem_x + foot_x), 0.55f);
        pen.to(foot_x, 1.0f);
        pen.lift();
        return;
    }
    pen.bend(left_x + 0.02f, bar_y, sharp);
    const bool crosses = draws.chance(0.7f);
    pen.to(0.5f, bar_y + draws.near(0.01f, 0.03f));
    pen.to(stem_x + (crosses ? draws.between(0.1f, 0.34f) : draws.between(-0.06f, 0.06f)),
           bar_y + draws.near(-0.03f, 0.05f));
    pen.lift();
    pen.to(stem_x, stem_top_y);
    pen.to(0.5f * (stem_x + foot_x) + draws.normal(0.02f), 0.55f);
    pen.to(foot_x, 1.0f);
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
        pen.to(end_x, end_y);
        if (draws.chance(0.4f)) pen.to(0.5f * (end_x + top_x), 0.5f * (end_y + top_y) + draws.normal(0.03f));
        pen.bend(top_x, top_y, sharp);
    } else {
        pen.to(top_x, top_y);
    }
    if (draws.chance(0.4f)) pen.to(0.5f * (top_x + neck_x) + draws.normal(0.015f), 0.5f * (top_y + neck_y));
    pen.bend(neck_x, neck_y, sharp);
    pen.to(0.5f * (neck_x + bowl), neck_y + draws.between(-0.08f, 0.08f));
    pen.to(bowl, draws.between(0.6f, 0.76f));
    pen.to(draws.between(0.4f, 0.62f), draws.between(0.94f, 1.02f));
    pen.to(draws.between(0.1f, 0.28f), draws.between(0.9f, 1.0f));
    const float ending = draws.uniform();
    if (ending < 0.5f) {
        pen.to(draws.between(-0.12f, 0.14f), draws.between(0.6f, 0.92f));
    } else if (ending < 0.58f) {  // back to the neck, or nearly
        pen.to(draws.between(-0.08f, 0.1f), draws.between(0.7f, 0.85f));
        pen.to(neck_x + draws.between(-0.15f, 0.1f), neck_y + draws.between(0.02f, 0.16f));
    }
    pen.lift();
    if (!one_stroke) {
        const float reach = draws.chance(0.15f) ? draws.between(0.05f, 0.35f) : draws.near(0.01f, 0.05f);
        pen.to(top_x - reach, top_y + draws.normal(0.04f));
        if (draws.chance(0.4f)) pen.to(0.5f * (end_x + top_x), 0.5f * (end_y + top_y) + draws.normal(0.03f));
        pen.to(end_x, end_y);
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
    if (draws.chance(0.05f)) pen.to(top_x + draws.between(0.04f, 0.18f), draws.between(0.02f, 0.1f));
    pen.to(top_x, 0.0f);
    pen.to(left + (top_x - left) * draws.between(0.3f, 0.58f), draws.between(0.2f, 0.34f));
    pen.to(left + draws.between(0.0f, 0.08f), draws.between(0.5f, 0.64f));
    pen.to(left + draws.between(0.04f, 0.14f), draws.between(0.8f, 0.92f));
    pen.to(draws.between(0.36f, 0.56f), 1.0f);
    pen.to(right, middle_y + draws.between(-0.02f, 0.14f));
    pen.to(right - draws.between(0.06f, 0.2f), bowl_top + draws.between(0.0f, 0.1f));
    const float closing = draws.uniform();
    if (closing < 0.08f) {  // stays open
        pen.to(0.5f * (left + right), bowl_top + draws.between(0.0f, 0.12f));
    } else {  // ends short of the stem, on it, or beyond
        pen.to(0.45f * (left + right), bowl_top + draws.between(-0.04f, 0.1f));
        pen.to(left + draws.between(-0.05f, 0.4f), middle_y + draws.between(-0.1f, 0.1f));
        if (closing > 0.6f) pen.to(left + draws.between(0.1f, 0.6f), draws.between(0.82f, 0.98f));
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
        pen.to(draws.between(-0.06f, 0.08f), bar_y + draws.between(0.08f, 0.4f));
        pen.bend(draws.between(0.0f, 0.12f), bar_y, 0.6f);
    } else {
        pen.to(draws.between(-0.08f, 0.16f), bar_y);
    }
    if (draws.chance(0.6f))
        pen.to(draws.between(0.35f, 0.6f), 0.5f * (bar_y + corner_y) + draws.normal(0.045f));
    if (draws.chance(0.18f)) {  // arch
        pen.to(corner_x - draws.between(0.15f, 0.3f), corner_y);
        pen.to(corner_x, corner_y + draws.between(0.12f, 0.32f));
    } else {
        pen.bend(corner_x, corner_y, 0.65f);
    }
    const float bow = draws.near(-0.02f, 0.08f);
    pen.to(corner_x + (foot_x - corner_x) * 0.42f - bow, 0.38f);
    pen.to(corner_x + (foot_x - corner_x) * 0.74f + bow * 0.5f, 0.68f);
    pen.to(foot_x, 1.0f);
    pen.lift();
    if (draws.chance(0.2f)) {
        const float cross_y = draws.between(0.36f, 0.62f);
        const float cross_x = corner_x + (foot_x - corner_x) * (cross_y + 0.04f);
        const float rise = draws.normal(0.05f);
        pen.to(cross_x - draws.between(0.12f, 0.45f), cross_y + rise);
        pen.to(cross_x + draws.between(0.12f, 0.45f), cross_y - rise);
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
    pen.to(x(upper * draws.between(0.5f, 1.3f)), draws.between(0.04f, 0.24f));
    if (draws.chance(0.6f)) pen.to(x(upper * draws.between(0.1f, 0.5f)), draws.between(-0.01f, 0.03f));
    pen.to(x(-upper * draws.between(0.5f, 0.85f)), draws.between(0.02f, 0.1f));
    pen.to(x(-upper * draws.between(0.85f, 1.05f)), waist * draws.between(0.4f, 0.65f));
    pen.to(x(draws.near(0.0f, 0.05f)), waist);
    pen.to(x(shift + lower), 0.5f * (waist + 1.0f) + draws.near(0.02f, 0.04f));
    pen.to(x(shift + draws.near(0.0f, 0.06f)), 1.0f);
    pen.to(x(shift - lower), 0.5f * (waist + 1.0f) + draws.near(0.05f, 0.04f));
    pen.to(x(draws.near(-0.02f, 0.05f)), waist + draws.normal(0.03f));
    pen.to(x(upper * draws.between(0.5f, 1.0f)), 0.5f * waist + draws.normal(0.04f));
    pen.to(x(upper * draws.between(0.5f, 1.2f) + gap * 0.5f), draws.between(0.03f, 0.18f) - gap * 0.3f);
    if (draws.chance(0.1f)) pen.to(x(upper + draws.between(0.1f, 0.4f)), draws.between(-0.12f, 0.06f));
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
        pen.to(centre_x + draws.between(-0.15f, 0.2f), draws.between(-0.02f, 0.1f));
    } else {  // it begins beyond the stem, at it, or on top
        pen.to(right - draws.between(-0.12f, 0.35f), draws.between(0.0f, 0.22f));
        pen.to(centre_x + draws.between(-0.1f, 0.12f), draws.between(-0.02f, 0.04f));
    }
    pen.to(left + draws.between(0.0f, 0.08f), bowl_bottom * draws.between(0.4f, 0.7f));
    pen.to(centre_x - draws.between(-0.06f, 0.2f), bowl_bottom);
    pen.to(right - draws.between(0.02f, 0.2f), bowl_bottom - draws.between(0.05f, 0.18f));
    const float top_y = draws.chance(0.7f) ? draws.between(-0.04f, 0.18f) : draws.between(0.1f, 0.3f);
    if (draws.chance(0.25f)) {
        pen.lift();
        pen.to(right, top_y);
    } else {
        pen.bend(right, top_y, 0.75f);
    }
    const float style = draws.uniform();
    const float middle_x = 0.5f * (right + tail_x) + draws.near(0.02f, 0.03f);
    pen.to(middle_x, std::max(0.5f, bowl_bottom) + draws.between(0.0f, 0.1f));
    if (style < 0.78f) {  // straight
        pen.to(tail_x, 1.0f);
    } else {  // curved to the left, with a short or a long hook
        pen.to(middle_x - draws.between(0.02f, 0.1f), draws.between(0.76f, 0.88f));
        pen.to(middle_x - draws.between(0.16f, 0.35f), draws.between(0.95f, 1.02f));
        if (draws.chance(0.6f)) pen.to(draws.between(0.0f, 0.2f), draws.between(0.84f, 0.98f));
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
