/*
 * flowengine.hpp: every function once, beside the function of flowengine.h that it stands for.
 *     cpp_test FOLDER    a folder for the files it writes
 * Every call is handed a Status, so that it compiles without exceptions, too; with them failures are also thrown.
 */
#include "flowengine.hpp"

#include "checks.h"

#include <array>
#include <cmath>
#include <cstring>

#if __cplusplus >= 202002L
#  include <span>
#endif

int checks, failures;

namespace {

using flowengine::Call;
using flowengine::Detector;
using flowengine::Model;
using flowengine::Status;

constexpr int32_t height = 8, width = 8, channels = 1, dims = height * width * channels, count = 6, bins = 16;

std::vector<float> images(size_t(count *dims));
std::vector<uint8_t> levels(size_t(count *dims));
Status status;

/* Checks what the last call, whose result this is handed, ended with. */
template <typename T>
T ok(T result)
{
    CHECK(status.code == FLOW_OK);
    return result;
}

void ok() { CHECK(status.code == FLOW_OK); }

template <typename T>
bool same(const std::vector<T> &left, const std::vector<T> &right)
{
    return left.size() == right.size() && std::memcmp(left.data(), right.data(), left.size() * sizeof(T)) == 0;
}

double largest_difference(const std::vector<float> &left, const std::vector<float> &right)
{
    double largest = 0;
    for (size_t i = 0; i < left.size(); i++)
        largest = !(std::fabs(left[i] - right[i]) <= largest) ? double(std::fabs(left[i] - right[i])) : largest;
    return largest;
}

void test_library()
{
    CHECK(flowengine::abi_version() == FLOW_ABI_VERSION);
    CHECK(std::strcmp(flowengine::version(), flow_version()) == 0);
    CHECK(std::strcmp(flowengine::instruction_set(), flow_instruction_set()) == 0);
    CHECK(ok(flowengine::describe(status)).find("\"realnvp\"") != std::string::npos);
    CHECK(ok(flowengine::device_count(status)) >= 1);
    CHECK(ok(flowengine::device(0, status)).backend == FLOW_BACKEND_CPU);
    CHECK(ok(flowengine::device_memory(0, status)).total_bytes > 0);
    flowengine::device(-1, status);
    CHECK(!status && status.code == FLOW_INVALID_ARGUMENT && std::strlen(flowengine::last_error()) > 0);
    CHECK(std::strcmp(status.text(), flow_status_text(FLOW_INVALID_ARGUMENT)) == 0);
}

Model make_glow()
{
    flowengine::ModelOptions options;
    options.height = height;
    options.width = width;
    options.channels = channels;
    options.bins = bins;
    options.levels = 2;
    options.steps = 2;
    options.hidden = 16;
    flowengine::DeviceOptions device;
    device.threads = 1;
    Model model = ok(Model::create("glow", options, device, status));
    model.initialize(images, {}, status);
    ok();
    return model;
}

void test_spans()
{
    int numbers[] = { 1, 2, 3 };
    std::array<int, 2> pair = { { 4, 5 } };
    const std::vector<int> constant = { 6 };
    const flowengine::span<const int> of_array(numbers), of_pair(pair), of_vector(constant), part(numbers + 1, 2), none;
    CHECK(of_array.size() == 3 && of_array[2] == 3 && of_pair.size() == 2 && of_vector[0] == 6 && part[0] == 2);
    CHECK(none.data() == nullptr && none.begin() == none.end());
    flowengine::span<int> writable(numbers);
    writable[0] = 7;
    CHECK(flowengine::span<const int>(writable)[0] == 7);
    static_assert(!std::is_constructible_v<flowengine::span<int>, const std::vector<int> &>, "const is kept");
    static_assert(!std::is_constructible_v<flowengine::span<const float>, std::vector<uint8_t> &>, "types are kept");
#if __cplusplus >= 202002L
    CHECK(flowengine::span<const int>(std::span<int>(numbers)).size() == 3);
#endif
}

void test_handles(Model &model)
{
    static_assert(!std::is_copy_constructible_v<Model> && std::is_nothrow_move_constructible_v<Model>, "moved only");
    const flow_model *raw = model.get();
    Model moved = std::move(model);
    CHECK(!model && moved && moved.get() == raw);
    model.info(status);
    CHECK(status.code == FLOW_INVALID_ARGUMENT);
    model = std::move(moved);
    CHECK(ok(model.info(status)).dims == dims);
    const Model none = Model::create("glue", {}, {}, status);
    CHECK(!none && status.code == FLOW_INVALID_ARGUMENT && std::strstr(flowengine::last_error(), "glue") != nullptr);
}

void test_files(const Model &model, const std::string &folder)
{
    const std::vector<double> expected = ok(model.log_prob(images, {}, status));
    const std::string path = folder + "/cpp.safetensors";
    model.save(path, status);
    ok();
    CHECK(same(ok(ok(Model::load(path, {}, status)).log_prob(images, {}, status)), expected));
    const std::vector<uint8_t> bytes = ok(model.save_memory(status));
    CHECK(same(ok(ok(Model::load_memory(bytes, {}, status)).log_prob(images, {}, status)), expected));
    Model::load(folder + "/none", {}, status);
    CHECK(status.code == FLOW_IO);
    CHECK(ok(ok(Model::create_json(ok(model.json(status)), 3, {}, status)).info(status)).steps == 2);

    std::vector<uint8_t> weights(8, 0);
    const std::string header = "{\"_transform._transforms.0.log_scale\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
                               "\"_transform._transforms.0.shift\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]}}";
    weights[0] = uint8_t(header.size());
    weights.insert(weights.end(), header.begin(), header.end());
    weights.resize(weights.size() + 16, 0);
    const std::string flow = "{\"library\": \"nflows\", \"features\": 2, \"context\": 0, \"transforms\": [{\"class\": \"ActNorm\"}]}";
    const std::array<float, 2> row = { { 0, 0 } };
    const Model imported = ok(Model::import_flow(weights, "nflows", flow, {}, status));
    CHECK(std::fabs(ok(imported.log_prob(row, {}, status))[0] + std::log(2 * 3.14159265358979)) < 1e-6);
}

void test_inference(const Model &model)
{
    const flowengine::ModelInfo info = ok(model.info(status));
    const std::vector<double> expected = ok(model.log_prob(images, {}, status));
    std::vector<double> densities(count), other(count);
    std::vector<float> latents(images.size()), back(images.size()), values(images.size());
    CHECK(info.height == height && info.channels == channels);
    CHECK(flow_model_log_prob(model.get(), images.data(), images.size(), nullptr, densities.data(), count) == FLOW_OK);
    CHECK(same(densities, expected));
    model.prepare(count, status);
    ok();
    CHECK(ok(model.memory(count, status)).inference > 0);
    model.log_prob(images, densities, {}, status);
    ok();
    CHECK(same(densities, expected));

    int64_t told = 0;
    const auto count_up = [&told](int64_t done, int64_t total) noexcept { told++; return done <= total; };
    const auto stop = [](int64_t, int64_t) noexcept { return false; };
    Call call;
    call.batch = 2;
    model.log_prob(images, densities, call.with_progress(count_up), status);
    ok();
    CHECK(told == count / 2 && same(densities, expected));
    model.log_prob(images, densities, call.with_progress(stop), status);
    CHECK(status.code == FLOW_CANCELLED);
    model.log_prob(images, flowengine::span<double>(densities.data(), 2), {}, status);
    CHECK(status.code == FLOW_INVALID_ARGUMENT);

    model.log_prob(levels, { 3, 0 }, densities, {}, status);
    ok();
    model.dequantize(levels, { 3, 0 }, values, {}, status);
    ok();
    CHECK(same(ok(model.log_prob(values, {}, status)), densities));
    model.bits_per_dim(images, other, {}, status);
    ok();
    CHECK(std::fabs(other[1] - (dims * std::log(bins) - expected[1]) / (dims * std::log(2))) < 1e-9);
    model.bits_per_dim(levels, { 3, 0 }, other, {}, status);
    ok();
    CHECK(std::fabs(other[1] - (dims * std::log(bins) - densities[1]) / (dims * std::log(2))) < 1e-9);

    model.forward(images, latents, {}, status);
    ok();
    model.inverse(latents, back, {}, status);
    ok();
    CHECK(largest_difference(back, images) < 1e-3);
    std::vector<std::vector<float>> parts;
    std::vector<flowengine::span<float>> written;
    std::vector<flowengine::span<const float>> read;
    for (int32_t level = 0; level < info.levels; level++) {
        const flow_shape shape = ok(model.latent_shape(level, status));
        parts.emplace_back(size_t(count * shape.height * shape.width * shape.channels));
        written.emplace_back(parts.back());
        read.emplace_back(parts.back());
    }
    model.forward(images, flowengine::span<const flowengine::span<float>>(written), {}, status);
    ok();
    CHECK(parts[0][0] == latents[0] && parts[1].back() == latents.back());
    model.inverse(flowengine::span<const flowengine::span<const float>>(read), values, {}, status);
    ok();
    CHECK(same(values, back));
    model.round_trip(images, other, {}, status);
    ok();
    CHECK(other[0] < 1e-3);

    model.sample(count, 0.7, 5, flowengine::span<float>(values), {}, status);
    ok();
    CHECK(same(ok(model.sample(count, 0.7, 5, {}, status)), values));
    const std::array<double, 2> temperatures = { { 0.7, 0.7 } };
    CHECK(same(ok(model.sample(count, 1, 5, Call().with_temperatures(temperatures), status)), values));
    std::vector<uint8_t> drawn(levels.size(), 255);
    model.sample(count, 0.7, 5, flowengine::span<uint8_t>(drawn), {}, status);
    ok();
    for (uint8_t level : drawn)
        CHECK(level < bins);

    const std::vector<uint8_t> file = ok(model.compress(levels, 4, status));
    CHECK(ok(flowengine::compressed_info(file, status)).count == count);
    model.decompress(file, 0, drawn, status);
    ok();
    CHECK(same(drawn, levels));
    model.pad(levels, drawn, status);
    ok();
    model.crop(drawn, levels, status);
    ok();
    model.pad(images, values, status);
    ok();
    model.crop(values, back, status);
    ok();
    CHECK(same(drawn, levels) && same(back, images));
}

void test_parameters(Model &model)
{
    const flowengine::ModelInfo info = ok(model.info(status));
    std::vector<float> values(size_t(info.parameters_length)), constants(size_t(info.constants_length));
    int64_t trained = 0;
    for (int64_t i = 0; i < info.tensors; i++) {
        const flowengine::Parameter parameter = ok(model.parameter(i, status));
        trained += parameter.is_constant ? 0 : parameter.length;
    }
    CHECK(trained == info.parameters);
    const std::vector<double> before = ok(model.log_prob(images, {}, status));
    model.read_parameters(values, status);
    ok();
    model.read_constants(constants, status);
    ok();
    model.write_parameters(values, status);
    ok();
    model.write_constants(constants, status);
    ok();
    CHECK(same(ok(model.log_prob(images, {}, status)), before));
}

void test_training(Model &model, const std::string &folder)
{
    const size_t parameters = size_t(ok(model.info(status)).parameters_length);
    std::vector<double> densities(count), g(count, 1);
    std::vector<float> d_images(images.size()), of_call(images.size()), d_parameters(parameters);
    flowengine::Tape tape = ok(flowengine::Tape::create(model, count, FLOW_ACTIVATIONS_AUTO, status));
    tape.forward(images, densities, {}, status);
    ok();
    tape.backward(g, d_images, d_parameters, {}, status);
    ok();
    model.log_prob_gradient(images, densities, of_call, {}, {}, status);
    ok();
    CHECK(largest_difference(d_images, of_call) < 1e-3);
    tape.backward(g, d_images, {}, {}, status);
    CHECK(status.code == FLOW_INVALID_ARGUMENT); /* a second time */

    flowengine::TrainerOptions options;
    options.batch = count;
    options.warmup_images = -1;
    flowengine::Trainer steps = ok(flowengine::Trainer::create(model, options, status));
    CHECK(ok(steps.step(images, {}, status)).updates == 1);
    CHECK(ok(steps.step(levels, {}, status)).updates == 2);
    steps.set_learning_rate(0.002, status);
    ok();
    CHECK(ok(steps.metrics(status)).learning_rate == 0.002);

    options.batch = 3;
    flowengine::Trainer trainer = ok(flowengine::Trainer::create_on(model, levels, options, status));
    int64_t last = 0;
    CHECK(ok(trainer.run(2, [&last](const flow_metrics &now) noexcept { last = now.updates; return true; }, status)).updates == 2);
    CHECK(last == 2);
    trainer.run(2, [](const flow_metrics &) noexcept { return false; }, status);
    CHECK(status.code == FLOW_CANCELLED);
    const std::string path = folder + "/cpp.training";
    const std::vector<uint8_t> checkpoint = ok(model.save_memory(status));
    trainer.save(path, status);
    ok();
    const flowengine::Metrics expected = ok(trainer.run(2, status));
    Model again = ok(Model::load_memory(checkpoint, {}, status));
    flowengine::Trainer resumed = ok(flowengine::Trainer::create_on(again, levels, options, status));
    resumed.resume(path, status);
    ok();
    CHECK(ok(resumed.run(2, status)).bits_per_dim == expected.bits_per_dim);
    flowengine::Communicator one;
    one.size = 1;
    one.send_receive = [](int32_t, const void *, size_t, void *, size_t, void *) -> int32_t { return 1; };
    Model shared = ok(Model::load_memory(checkpoint, {}, status));
    flowengine::Trainer ranks = ok(flowengine::Trainer::create_shared(shared, levels, one, options, status));
    ranks.resume(path, status);
    ok();
    CHECK(ok(ranks.run(2, status)).bits_per_dim == expected.bits_per_dim);
    const Model first = ok(trainer.snapshot(status)), second = ok(resumed.snapshot(status));
    CHECK(same(ok(first.log_prob(images, {}, status)), ok(second.log_prob(images, {}, status))));
}

void test_classes()
{
    flowengine::ModelOptions options;
    options.height = height;
    options.width = width;
    options.channels = channels;
    options.bins = bins;
    options.levels = 1;
    options.steps = 1;
    options.hidden = 8;
    options.classes = 2;
    Model model = ok(Model::create("glow", options, {}, status));
    std::vector<float> condition(count * 2, 0);
    std::vector<double> by_class(count * 2), probability(count * 2);
    std::vector<int32_t> classes(count);
    for (size_t i = 0; i < count; i++)
        condition[2 * i + i % 2] = 1;
    const Call call = Call().with_condition(condition);
    model.initialize(images, call, status);
    ok();
    model.class_log_prob(images, by_class, {}, status);
    ok();
    const std::vector<double> given = ok(model.log_prob(images, call, status));
    CHECK(std::fabs(given[3] - by_class[7]) < 1e-3);
    model.class_log_prob(levels, {}, by_class, {}, status);
    ok();
    model.classify(by_class, classes, probability, status);
    ok();
    CHECK(std::fabs(probability[0] + probability[1] - 1) < 1e-9);
}

void test_tables()
{
    static const char schema[] =
        "{\"columns\": [{\"name\": \"a\", \"mean\": 10, \"deviation\": 2}, {\"name\": \"b\", \"mean\": -1, \"deviation\": 0.5}],"
        " \"classes\": [{\"name\": \"x\", \"count\": 3}, {\"name\": \"y\", \"count\": 1}]}";
    constexpr size_t rows_count = 20;
    std::vector<double> rows(rows_count * 2), back(rows_count * 2), log_det(rows_count), given(rows_count), densities(rows_count);
    std::vector<double> d_rows(rows_count * 2), again(rows_count), probability(rows_count * 2);
    std::vector<float> values(rows_count * 2), condition(rows_count * 2);
    std::vector<int32_t> classes(rows_count);
    flowengine::ModelOptions options;
    options.channels = 2;
    options.blocks = 1;
    options.hidden = 8;
    options.classes = 2;
    Model model = ok(Model::create("maf", options, {}, status));
    model.set_schema(schema, status);
    ok();
    CHECK(ok(model.schema(status)).find("\"deviation\"") != std::string::npos);
    for (size_t i = 0; i < rows_count; i++) {
        rows[2 * i] = 10 + 2 * std::sin(0.7 * double(i));
        rows[2 * i + 1] = -1 + 0.5 * std::cos(1.3 * double(i));
        given[i] = double(i % 2);
    }
    model.rows_scale(rows, values, log_det, status);
    ok();
    model.rows_restore(values, back, status);
    ok();
    CHECK(std::fabs(back[5] - rows[5]) < 1e-5);
    model.condition(given, condition, status);
    ok();
    CHECK(condition[2] == 0 && condition[3] == 1);
    model.initialize(values, Call().with_condition(condition), status);
    ok();
    model.rows_log_prob(rows, given, densities, {}, status);
    ok();
    const std::vector<double> scaled = ok(model.log_prob(values, Call().with_condition(condition), status));
    CHECK(std::fabs(densities[4] - (scaled[4] + log_det[4])) < 1e-9);
    model.rows_log_prob_gradient(rows, given, again, d_rows, {}, {}, status);
    ok();
    CHECK(same(again, densities));
    model.rows_predict(rows, classes, probability, {}, status);
    ok();
    CHECK(classes[0] == 0 || classes[0] == 1);
    model.rows_sample(rows_count, flowengine::span<const double>(given.data(), 1), 1, 5, back, {}, status);
    ok();
    CHECK(std::isfinite(back[0]));
}

void test_detector(const std::string &folder)
{
    constexpr size_t rows_count = 50;
    const char *const names[] = { "a", "b" };
    std::vector<double> rows(rows_count * 2);
    for (size_t i = 0; i < rows_count; i++) {
        rows[2 * i] = std::sin(0.7 * double(i));
        rows[2 * i + 1] = rows[2 * i] + 0.1 * std::cos(1.3 * double(i));
    }
    flowengine::DetectorOptions options;
    options.false_alarms = 0.05;
    const Detector detector = ok(Detector::fit(rows, names, options, status));
    CHECK(ok(detector.info(status)).false_alarms == 0.05 && detector.info(status).held_out_rows == int64_t(rows_count));
    CHECK(ok(detector.schema(status)).find("\"b\"") != std::string::npos);
    rows[1] += 2;
    const flowengine::Findings found = ok(detector.score(rows, status));
    CHECK(found.is_anomaly[0] == 1 && found.p_value[0] <= 0.05 && found.score[0] > detector.info(status).threshold);
    const std::vector<double> share = ok(detector.explain(rows, status));
    CHECK(share.size() == rows.size() && share[1] > 0);
    detector.save(folder + "/detector", status);
    ok();
    CHECK(same(ok(Detector::load(folder + "/detector", status)).score(rows, status).score, found.score));
    CHECK(same(ok(Detector::load_memory(ok(detector.save_memory(status)), status)).score(rows, status).score, found.score));
    const Detector none = Detector::fit(rows, size_t{3}, {}, status);
    CHECK(!none && status.code == FLOW_INVALID_ARGUMENT);
    none.score(rows, status);
    CHECK(status.code == FLOW_INVALID_ARGUMENT);
}

#if defined(__cpp_exceptions)
void test_exceptions(const Model &model)
{
    flow_status thrown = FLOW_OK;
    std::string what;
    CHECK(model.log_prob(images).size() == count); /* no Status, no failure */
    try {
        Model::load("/none");
    } catch (const flowengine::Error &error) {
        thrown = error.status().code;
        what = error.what();
    }
    CHECK(thrown == FLOW_IO && what == flowengine::last_error());
}
#else
void test_exceptions(const Model &) {}
#endif

} // namespace

int main(int argc, char **argv)
{
    if (argc != 2) {
        std::fprintf(stderr, "usage: cpp_test FOLDER\n");
        return 2;
    }
    uint32_t state = 1;
    for (size_t i = 0; i < levels.size(); i++) {
        state = state * 1664525u + 1013904223u;
        levels[i] = uint8_t((state >> 24) * bins / 256);
        images[i] = (float(levels[i]) + 0.5f) / bins - 0.5f;
    }
    test_library();
    test_spans();
    Model model = make_glow();
    test_handles(model);
    test_files(model, argv[1]);
    test_inference(model);
    test_exceptions(model);
    test_training(model, argv[1]);
    test_parameters(model);
    test_classes();
    test_tables();
    test_detector(argv[1]);
    std::printf("%d checks, %d failed\n", checks, failures);
    return failures != 0;
}
