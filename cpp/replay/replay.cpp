// Replays cases on a machine without Python: replay CASES [exact]. What each result must be stands in the
// file, as another machine computed it, with what may be off: nothing where no sum is involved, or with
// `exact`.
#include <cmath>
#include <cstdio>
#include <cstring>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <stdexcept>

#include "digits/digits.h"
#include "kernels/gemm/gemm.h"
#include "program/program.h"
#include "replay/case_file.h"
#include "runtime/threads.h"
#include "simd/instruction_set.h"

namespace cnn {
namespace {

bool same_bits(float a, float b) {
    return std::memcmp(&a, &b, sizeof a) == 0;
}

class Replay {
  public:
    Replay(const std::string& path, bool exact) : file_(path), exact_(exact) {}

    // Whether every result was what it must be; prints those that were not.
    bool run() {
        while (!file_.at_end()) act(file_.text());
        std::printf(
            "%s: %d cases, %d results, %d of them bit for bit, %d wrong; largest error %.3g of the largest "
            "value\n",
            name(instruction_set()), cases_, results_, same_, wrong_, largest_error_);
        return wrong_ == 0 && cases_ > 0 && results_ > 0;
    }

  private:
    struct Group {
        const UpdateRule* rule;
        float settings[kMostSettings];
    };

    struct Built {
        Built(std::ptrdiff_t batch, bool training, bool couples, bool frozen)
            : program(batch, training, couples, frozen) {}
        std::deque<Group> groups;  // does not move what updates point to
        Program program;
    };

    void act(const std::string& word) {
        if (word == "case") return begin();
        if (word == "array") return define();
        if (word == "program") return make_program();
        if (word == "use") return use(file_.integer());
        if (word == "input") return add_input();
        if (word == "add") return add_node();
        if (word == "loss") return add_loss();
        if (word == "update") return add_update();
        if (word == "finish") return program_->finish();
        if (word == "bind") return bind();
        if (word == "step") return step();
        if (word == "forward") return forward();
        if (word == "gemm") return multiply();
        if (word == "digits") return draw_digits();
        if (word == "expect") return expect();
        throw std::runtime_error("the file of cases has an unknown word: " + word);
    }

    void begin() {
        case_ = file_.text();
        program_ = nullptr;
        programs_.clear();
        arrays_.clear();
        ++cases_;
    }

    void define() {
        const std::int64_t key = file_.integer();
        arrays_[key] = file_.array();
    }

    CaseArray& array() { return arrays_.at(file_.integer()); }
    float* floats() { return array().floats.data(); }

    void make_program() {
        const std::int64_t batch = file_.integer();
        const bool training = file_.integer() != 0, couples = file_.integer() != 0;
        const bool frozen = file_.integer() != 0;
        const std::int64_t key = file_.integer();
        programs_[key] = std::make_unique<Built>(batch, training, couples, frozen);
        use(key);
    }

    void use(std::int64_t key) {
        built_ = programs_.at(key).get();
        program_ = &built_->program;
    }

    void add_input() {
        const std::int64_t channels = file_.integer(), height = file_.integer(), width = file_.integer();
        program_->input(channels, height, width, array().floats);
    }

    Setting setting() {
        const std::string type = file_.text();
        if (type == "flag") return file_.integer() != 0;
        if (type == "whole") return file_.integer();
        if (type == "number") return file_.number();
        if (type == "text") return file_.text();
        const std::vector<int> values = file_.indices();
        return std::vector<std::int64_t>(values.begin(), values.end());
    }

    void add_node() {
        const std::string kind = file_.text();
        const std::vector<int> inputs = file_.indices();
        std::map<std::string, NamedArray> arrays;
        for (std::int64_t left = file_.integer(); left > 0; --left) {
            const std::string array_name = file_.text();
            CaseArray& values = array();
            arrays[array_name] = {values.floats.data(), values.shape, true};
        }
        std::map<std::string, Setting> settings;
        for (std::int64_t left = file_.integer(); left > 0; --left) {
            const std::string setting_name = file_.text();
            settings[setting_name] = setting();
        }
        Arguments arguments(kind, std::move(arrays), std::move(settings),
                            kind == "custom" ? doubling(program_->shape(inputs.at(0)).features()) : nullptr);
        program_->add(kind, inputs, arguments);
    }

    // The one layer of their own that cases have: it doubles.
    static std::shared_ptr<const CustomLayer> doubling(std::ptrdiff_t features) {
        CustomLayer layer;
        layer.forward = [features](std::ptrdiff_t samples, const float* x, float* y) {
            for (std::ptrdiff_t i = 0; i < samples * features; ++i) y[i] = 2.0f * x[i];
            return true;
        };
        layer.backward = [features](std::ptrdiff_t samples, const float*, const float* grad_y, float* grad_x,
                                    bool) {
            for (std::ptrdiff_t i = 0; i < samples * features; ++i) grad_x[i] = 2.0f * grad_y[i];
            return true;
        };
        return std::make_shared<const CustomLayer>(std::move(layer));
    }

    void add_loss() {
        const int x = static_cast<int>(file_.integer());
        const bool sum = file_.integer() != 0;
        const std::string kind = file_.text();
        const auto size = static_cast<float>(program_->shape(x).features());
        if (kind == "cross_entropy" || kind == "nll") {
            program_->nll(x, kind == "cross_entropy");
        } else {
            program_->squared_error(x, kind == "mse" ? 1.0f / size : 0.5f);
        }
        if (sum || kind == "sum_squares") program_->sum_over_samples();
    }

    void add_update() {
        const UpdateRule& rule = update_rule(file_.text());
        CaseArray& parameter = array();
        UpdateArrays arrays{};
        arrays.parameter = parameter.floats.data();
        arrays.gradient = floats();
        const std::vector<std::string> states = words(rule.states);
        for (std::int64_t left = file_.integer(); left > 0; --left) {
            const std::string state = file_.text();
            float* values = floats();
            for (std::size_t i = 0; i < states.size(); ++i)
                if (states[i] == state) arrays.states[i] = values;
        }
        const auto group = static_cast<std::size_t>(file_.integer());
        if (group == built_->groups.size()) built_->groups.push_back({&rule, {}});
        program_->update(std::make_unique<Update>(rule, static_cast<std::ptrdiff_t>(parameter.floats.size()),
                                                  arrays, built_->groups.at(group).settings));
    }

    void bind() {
        const CaseArray& images = array();
        const std::int64_t key = file_.integer();
        const CaseArray* targets = key < 0 ? nullptr : &arrays_.at(key);
        program_->bind(images.type == 'u' ? images.bytes.data() : nullptr,
                       images.type == 'f' ? images.floats.data() : nullptr,
                       targets != nullptr && targets->type == 'i' ? targets->integers.data() : nullptr,
                       targets != nullptr && targets->type == 'f' ? targets->floats.data() : nullptr);
    }

    // The loss and the number of right answers as an array, to be expected like any other.
    void keep(std::int64_t key, const RunResult& result) {
        arrays_[key] = {
            'f', {2}, {static_cast<float>(result.loss), static_cast<float>(result.correct)}, {}, {}};
    }

    void step() {
        const std::int64_t key = file_.integer();
        const CaseArray indices = file_.array();
        Context context;
        context.seed = static_cast<std::uint64_t>(file_.integer());
        context.step = static_cast<std::uint32_t>(file_.integer());
        context.epoch = static_cast<std::uint32_t>(file_.integer());
        for (Group& group : built_->groups) {
            const std::vector<float> values = file_.floats();
            if (values.size() > kMostSettings)
                throw std::runtime_error("too many settings of an update rule");
            std::copy(values.begin(), values.end(), group.settings);
        }
        keep(key,
             program_->step(indices.integers.data(), static_cast<std::ptrdiff_t>(indices.integers.size()),
                            context, thread_count(), {}, nullptr));
    }

    void forward() {
        const std::int64_t key = file_.integer(), rows_key = file_.integer();
        const std::int64_t first = file_.integer(), count = file_.integer();
        const bool losses = file_.integer() != 0;
        CaseArray rows;
        rows.shape = {count, program_->result_features()};
        rows.floats.resize(static_cast<std::size_t>(count * program_->result_features()));
        keep(key, program_->forward(first, nullptr, count, thread_count(), {}, losses, rows.floats.data()));
        arrays_[rows_key] = std::move(rows);
    }

    void multiply() {
        CaseArray& a = array();
        CaseArray& b = array();
        CaseArray& c = array();
        const bool transpose_a = file_.integer() != 0, transpose_b = file_.integer() != 0;
        GemmShape shape{};
        shape.rows = c.shape[0];
        shape.columns = c.shape[1];
        shape.terms = a.shape[transpose_a ? 0 : 1];
        shape.lead_a = a.shape[1];
        shape.lead_b = b.shape[1];
        shape.lead_c = c.shape[1];
        shape.transpose_a = transpose_a;
        shape.transpose_b = transpose_b;
        shape.accumulate = file_.integer() != 0;
        const AlignedBuffer<float> packed(gemm_packed_size(shape));
        const PackGemmPanels pack(shape, b.floats.data(), packed.data());
        const Gemm product(shape, a.floats.data(), packed.data(), c.floats.data());
        const std::vector<Stage> stages{{&pack}, {&product}};
        Runner().run(stages, Context{}, thread_count(), {});
    }

    // Pictures and labels as one array of numbers, to be expected like any other.
    void draw_digits() {
        const std::int64_t key = file_.integer(), count = file_.integer();
        const auto seed = static_cast<std::uint64_t>(file_.integer());
        const auto first = static_cast<std::uint64_t>(file_.integer());
        const std::ptrdiff_t pixels = count * kDigitSize * kDigitSize;
        std::vector<std::uint8_t> values(static_cast<std::size_t>(pixels + count));
        digits_generate(values.data(), values.data() + pixels, count, seed, first, thread_count());
        CaseArray& result = arrays_[key] = CaseArray{};
        result.shape = {pixels + count};
        result.floats.assign(values.begin(), values.end());
    }

    void expect() {
        const std::string what = file_.text();
        const CaseArray& found = array();
        const double tolerance = exact_ ? 0.0 : file_.number();
        if (exact_) file_.number();
        const CaseArray wanted = file_.array();
        ++results_;
        if (found.floats.size() != wanted.floats.size())
            throw std::runtime_error(case_ + ": " + what + ": another size");
        double size = 0.0, error = 0.0;
        bool same = true;
        std::size_t worst = 0;
        for (std::size_t i = 0; i < wanted.floats.size(); ++i) {
            const float a = found.floats[i], b = wanted.floats[i];
            same = same && same_bits(a, b);
            if (std::isfinite(b)) size = std::fmax(size, std::fabs(b));
            if (same_bits(a, b) || (std::isnan(a) && std::isnan(b))) continue;
            const double off = std::isfinite(a) && std::isfinite(b) ? std::fabs(static_cast<double>(a) - b)
                                                                    : std::numeric_limits<double>::infinity();
            if (off >= error) worst = i;
            error = std::fmax(error, off);
        }
        if (same) ++same_;
        const double relative = error == 0.0 ? 0.0 : error / size;
        largest_error_ = std::fmax(largest_error_, relative);
        if (same || (tolerance > 0.0 && relative <= tolerance)) return;
        ++wrong_;
        std::printf(
            "%s: %s: element %zu is %.9g, expected %.9g; off by %.3g of the largest value, allowed %.3g\n",
            case_.c_str(), what.c_str(), worst, static_cast<double>(found.floats[worst]),
            static_cast<double>(wanted.floats[worst]), relative, tolerance);
    }

    CaseFile file_;
    bool exact_;
    std::string case_;
    std::map<std::int64_t, CaseArray> arrays_;  // a map does not move what a program points to
    std::map<std::int64_t, std::unique_ptr<Built>> programs_;
    Built* built_ = nullptr;
    Program* program_ = nullptr;
    int cases_ = 0, results_ = 0, same_ = 0, wrong_ = 0;
    double largest_error_ = 0.0;
};

}  // namespace
}  // namespace cnn

int main(int count, char** words) {
    const bool exact = count == 3 && std::string(words[2]) == "exact";
    if (count != 2 && !exact) {
        std::fprintf(stderr, "usage: replay CASES [exact]\n");
        return 2;
    }
    try {
        return cnn::Replay(words[1], exact).run() ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", words[1], error.what());
        return 1;
    }
}
