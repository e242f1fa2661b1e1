// Whether a program runs.
#pragma once

namespace cnn {

// While it stands, the program runs without the GIL: calls of other threads and of custom layers are
// refused.
class Running {
  public:
    explicit Running(bool& flag) : flag_(flag) { flag_ = true; }
    ~Running() { flag_ = false; }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

  private:
    bool& flag_;
};

}  // namespace cnn
