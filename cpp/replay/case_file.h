// Reads the file of cases that tests/support/replay_cases.py writes: little-endian, one value behind the
// other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

namespace cnn {

// The elements lie in `floats`, `bytes` or `integers`, by the letter of their type: f, u or i.
struct CaseArray {
    char type = 'f';
    std::vector<std::ptrdiff_t> shape;
    std::vector<float> floats;
    std::vector<std::uint8_t> bytes;
    std::vector<std::int64_t> integers;
};

// Throws std::runtime_error where the file ends early or holds something else.
class CaseFile {
  public:
    explicit CaseFile(const std::string& path);

    bool at_end();
    std::int64_t integer();
    double number();
    std::string text();
    CaseArray array();
    std::vector<int> indices();
    std::vector<float> floats();

  private:
    void read(void* to, std::size_t size);
    std::size_t length();

    std::ifstream file_;
};

}  // namespace cnn
