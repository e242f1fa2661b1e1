// sin, cos, exp and log from additions, multiplications and divisions alone: the same bits on every machine
// without fused multiply-adds, where those of the C library differ from version to version. Errors below
// 1e-14 relative (of sin and cos absolute) in the ranges that random draws need.
#pragma once

#include <cmath>

namespace cnn::portable {

constexpr double kPi = 3.14159265358979323846;

// |x| up to 2 pi: Taylor's series after halving the angle twice.
struct SinCos {
    double sin, cos;
};
inline SinCos sin_cos(double x) {
    const double q = x / 4.0, square = q * q;
    double s = 1.0, c = 1.0;
    for (int n = 12; n >= 1; --n) {
        s = 1.0 - s * square / ((2 * n) * (2 * n + 1));
        c = 1.0 - c * square / ((2 * n - 1) * (2 * n));
    }
    s *= q;
    for (int doubling = 0; doubling < 2; ++doubling) {
        const double twice = 2.0 * s * c;
        c = c * c - s * s;
        s = twice;
    }
    return {s, c};
}

// x in [-700, 700].
inline double exp(double x) {
    constexpr double kLn2 = 0.69314718055994530942;
    const double n = std::floor(x / kLn2 + 0.5), rest = x - n * kLn2;
    double sum = 1.0;
    for (int k = 16; k >= 1; --k) sum = 1.0 + sum * rest / k;
    return std::ldexp(sum, static_cast<int>(n));
}

// x > 0: of the mantissa by the series of artanh.
inline double log(double x) {
    constexpr double kLn2 = 0.69314718055994530942, kRoot = 0.70710678118654752440;
    int exponent = 0;
    double m = std::frexp(x, &exponent);
    if (m < kRoot) {
        m *= 2.0;
        --exponent;
    }
    const double z = (m - 1.0) / (m + 1.0), square = z * z;
    double sum = 0.0;
    for (int k = 12; k >= 0; --k) sum = sum * square + 1.0 / (2 * k + 1);
    return 2.0 * z * sum + exponent * kLn2;
}

}  // namespace cnn::portable
