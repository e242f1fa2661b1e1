// The one list of the kinds of nodes. The enumeration, the declarations and the table come from it; the rest
// of a kind is cpp/program/emit/<name>.cpp. Included several times, each time with other macros.
//
// clang-format off
//   CNN_KIND(enumerator, name, most inputs)           check_<name>, emit_<name>, and single_<name> for one sample
//   CNN_KIND_OF_LANES(enumerator, name, most inputs)  without the last: a program with it runs as lanes of samples
//   CNN_KIND_OF_FUSION(enumerator, name)              made by fusion, so without a check
//
CNN_KIND(kConvolution, convolution, 1)
CNN_KIND_OF_FUSION(kPooledConvolution, pooled_convolution)
CNN_KIND_OF_LANES(kMappedConvolution, mapped_convolution, 1)
CNN_KIND_OF_LANES(kTransposedConvolution, transposed_convolution, 1)
CNN_KIND(kLinear, linear, 1)
CNN_KIND(kMaxPooling, max_pooling, 1)
CNN_KIND_OF_LANES(kMaxUnpooling, max_unpooling, 2)
CNN_KIND(kAveragePooling, average_pooling, 1)
CNN_KIND_OF_LANES(kSubSampling, sub_sampling, 1)
CNN_KIND_OF_LANES(kPowerPooling, power_pooling, 1)
CNN_KIND_OF_LANES(kStochasticPooling, stochastic_pooling, 1)
CNN_KIND(kActivation, activation, 1)
CNN_KIND(kBatchNormalization, batch_normalization, 1)
CNN_KIND(kFlatten, flatten, 1)
CNN_KIND(kReshape, reshape, 1)
CNN_KIND_OF_LANES(kZeroPadding, zero_padding, 1)
CNN_KIND_OF_LANES(kUpsampling, upsampling, 1)
CNN_KIND_OF_LANES(kDropout, dropout, 1)
CNN_KIND(kRandomSlope, random_slope, 1)
CNN_KIND_OF_LANES(kGain, gain, 1)
CNN_KIND_OF_LANES(kGroupNormalization, group_normalization, 1)
CNN_KIND_OF_LANES(kResponseNormalization, response_normalization, 1)
CNN_KIND_OF_LANES(kSoftmax, softmax, 1)
CNN_KIND(kLogSoftmax, log_softmax, 1)
CNN_KIND(kCustom, custom, 1)
CNN_KIND(kAdd, add, kManyInputs)
CNN_KIND(kConcat, concat, kManyInputs)
CNN_KIND(kSlice, slice, 1)
// clang-format on
#undef CNN_KIND
#undef CNN_KIND_OF_LANES
#undef CNN_KIND_OF_FUSION
