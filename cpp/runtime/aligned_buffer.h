// Memory for activations: aligned to a cache line, filled with zeros.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace cnn {

template <class T>
class AlignedBuffer {
  public:
    AlignedBuffer() = default;
    explicit AlignedBuffer(std::ptrdiff_t count) : size_(count) {
        const std::size_t bytes = round_up(static_cast<std::size_t>(count) * sizeof(T), 64);
        if (bytes == 0) return;
        const std::size_t alignment = bytes < kHugePage ? 64 : kHugePage;
        data_.reset(static_cast<T*>(std::aligned_alloc(alignment, round_up(bytes, alignment))));
        if (!data_) throw std::bad_alloc();
#if defined(__linux__)
        // Whole huge pages only: what is beyond the end costs no memory. Where there are none, nothing
        // changes.
        if (bytes >= kHugePage) madvise(data_.get(), bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
#endif
        std::memset(static_cast<void*>(data_.get()), 0, bytes);
    }
    T* data() const { return data_.get(); }
    std::ptrdiff_t size() const { return size_; }

  private:
    // Planes of channels lie as far apart as a page or more: with pages of 4 KiB a kernel that goes from
    // channel to channel would look up another page at each step.
    static constexpr std::size_t kHugePage = std::size_t{2} << 20;
    static constexpr std::size_t round_up(std::size_t bytes, std::size_t unit) {
        return (bytes + unit - 1) / unit * unit;
    }
    struct Free {
        void operator()(T* p) const { std::free(p); }
    };
    std::unique_ptr<T, Free> data_;
    std::ptrdiff_t size_ = 0;
};

}  // namespace cnn
