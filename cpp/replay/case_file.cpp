#include "replay/case_file.h"

#include <stdexcept>

namespace cnn {
namespace {

constexpr char kFirstWord[] = "cnncli cases 1";
constexpr std::int64_t kMostElements = std::int64_t{1} << 28;

}  // namespace

CaseFile::CaseFile(const std::string& path) : file_(path, std::ios::binary) {
    if (!file_) throw std::runtime_error(path + ": cannot be read");
    if (text() != kFirstWord) throw std::runtime_error(path + ": is no file of cases");
}

bool CaseFile::at_end() {
    return file_.peek() == std::ifstream::traits_type::eof();
}

void CaseFile::read(void* to, std::size_t size) {
    file_.read(static_cast<char*>(to), static_cast<std::streamsize>(size));
    if (!file_) throw std::runtime_error("the file of cases ends early");
}

std::int64_t CaseFile::integer() {
    std::int64_t value = 0;
    read(&value, sizeof value);
    return value;
}

double CaseFile::number() {
    double value = 0;
    read(&value, sizeof value);
    return value;
}

std::size_t CaseFile::length() {
    const std::int64_t value = integer();
    if (value < 0 || value > kMostElements) throw std::runtime_error("the file of cases is damaged");
    return static_cast<std::size_t>(value);
}

std::string CaseFile::text() {
    std::string value(length(), '\0');
    read(value.data(), value.size());
    return value;
}

CaseArray CaseFile::array() {
    CaseArray result;
    read(&result.type, 1);
    std::size_t size = 1;
    for (std::size_t left = length(); left > 0; --left) {
        result.shape.push_back(static_cast<std::ptrdiff_t>(length()));
        size *= static_cast<std::size_t>(result.shape.back());
    }
    if (result.type == 'f') {
        result.floats.resize(size);
        read(result.floats.data(), size * sizeof(float));
    } else if (result.type == 'u') {
        result.bytes.resize(size);
        read(result.bytes.data(), size);
    } else if (result.type == 'i') {
        result.integers.resize(size);
        read(result.integers.data(), size * sizeof(std::int64_t));
    } else {
        throw std::runtime_error("the file of cases has an array of an unknown type");
    }
    return result;
}

std::vector<int> CaseFile::indices() {
    std::vector<int> result(length());
    for (int& value : result) value = static_cast<int>(integer());
    return result;
}

std::vector<float> CaseFile::floats() {
    std::vector<float> result(length());
    for (float& value : result) value = static_cast<float>(number());
    return result;
}

}  // namespace cnn
