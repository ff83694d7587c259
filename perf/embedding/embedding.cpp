/*
 * What a model costs in a process, for docs/embedding.md:
 *     embedding
 * For each model the memory it adds, the time to load it, and its first call with and without prepare; then how rows a second
 * depend on threads. The best of several loads, since other work on the machine only adds; one row or image a call unless it
 * says otherwise.
 */
#include "flowengine.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <thread>
#include <unistd.h>

namespace {

using flowengine::Model;

struct Kind {
    const char *name, *json;
    int loads;
};

constexpr Kind kinds[] = {
    { "NSF, 6 columns, 6 blocks of 2 x 128", R"({"model": "nsf", "channels": 6})", 25 },
    { "MAF, 8 columns, 5 blocks of 2 x 512", R"({"model": "maf", "channels": 8})", 15 },
    { "Glow, 32x32x3, L=2, K=4, hidden 64",
      R"({"model": "glow", "height": 32, "width": 32, "channels": 3, "levels": 2, "steps": 4, "hidden": 64})", 25 },
    { "Glow, 32x32x3, L=3, K=32, hidden 512",
      R"({"model": "glow", "height": 32, "width": 32, "channels": 3, "levels": 3, "steps": 32, "hidden": 512})", 3 },
};

double now()
{
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double resident()
{
    long size = 0, pages = 0;
    std::ifstream("/proc/self/statm") >> size >> pages;
    return double(pages) * double(sysconf(_SC_PAGESIZE)) / 1e6;
}

double least(const std::vector<double> &values) { return *std::min_element(values.begin(), values.end()); }

double most(const std::vector<double> &values) { return *std::max_element(values.begin(), values.end()); }

std::vector<float> data(size_t length)
{
    std::vector<float> values(length);
    for (size_t i = 0; i < length; i++)
        values[i] = float(i * 37 % 101) / 101 - 0.5f;
    return values;
}

double call(const Model &model, const std::vector<float> &rows, std::vector<double> &nats)
{
    const double start = now();
    model.log_prob(rows, nats);
    return now() - start;
}

std::vector<uint8_t> checkpoint_of(const char *json)
{
    Model model = Model::create_json(json, 1);
    model.initialize(data(size_t(model.info().dims) * 16));
    return model.save_memory();
}

void cost(const Kind &kind)
{
    constexpr int calls = 21;
    const std::vector<uint8_t> checkpoint = checkpoint_of(kind.json);
    flowengine::DeviceOptions one;
    one.threads = 1;
    std::vector<double> load, first, prepare, prepared, steady, nats(1);
    double added = 0;
    for (int i = 0; i < kind.loads; i++) {
        const double before = resident(), start = now();
        const Model model = Model::load_memory(checkpoint, one);
        load.push_back(now() - start);
        const std::vector<float> row = data(size_t(model.info().dims));
        first.push_back(call(model, row, nats));
        added = std::max(added, resident() - before);

        const Model other = Model::load_memory(checkpoint, one);
        const double begin = now();
        other.prepare(1);
        prepare.push_back(now() - begin);
        prepared.push_back(call(other, row, nats));
        for (int k = 0; k < calls; k++)
            steady.push_back(call(other, row, nats));
    }
    const Model model = Model::load_memory(checkpoint, one);
    std::printf("| %s | %.2f | %.1f | %.2f | %.1f | %.2f | %.2f | %.3f | %.3f |\n", kind.name,
                double(model.info().parameters) * 4e-6, added, double(model.memory(64).inference) * 1e-6, least(load),
                least(first), least(prepare), least(prepared), least(steady));
    std::fflush(stdout);
}

/* Data a second of callers that share a model on a team of threads. */
double rate(const std::vector<uint8_t> &checkpoint, int threads, int callers, size_t batch)
{
    flowengine::DeviceOptions device;
    device.threads = threads;
    const Model model = Model::load_memory(checkpoint, device);
    const std::vector<float> rows = data(size_t(model.info().dims) * batch);
    model.prepare(int32_t(batch));
    std::vector<long> done(size_t(callers), 0);
    std::vector<std::thread> team;
    const double start = now(), end = start + 300;
    for (long &mine : done)
        team.emplace_back([&] {
            std::vector<double> nats(batch);
            for (; now() < end; mine++)
                model.log_prob(rows, nats);
        });
    for (std::thread &caller : team)
        caller.join();
    long all = 0;
    for (long mine : done)
        all += mine;
    return double(all) * double(batch) / (now() - start) * 1e3;
}

void threads(const Kind &kind)
{
    const std::vector<uint8_t> checkpoint = checkpoint_of(kind.json);
    for (size_t batch : { size_t(1), size_t(64) }) {
        std::vector<double> rates[3];
        for (int round = 0; round < 9; round++) {
            rates[0].push_back(rate(checkpoint, 1, 1, batch));
            rates[1].push_back(rate(checkpoint, 2, 1, batch));
            rates[2].push_back(rate(checkpoint, 1, 2, batch));
        }
        std::printf("| %s | %d | %.0f | %.0f | %.0f |\n", kind.name, int(batch),
                    most(rates[0]), most(rates[1]), most(rates[2]));
        std::fflush(stdout);
    }
}

} // namespace

int main()
{
    std::printf("| model | weights, MB | added, MB | a batch of 64, MB | load, ms | first call, ms | prepare, ms | first call after it, ms | each call, ms |\n");
    for (const Kind &kind : kinds)
        cost(kind);
    std::printf("\n| model | data a call | 1 thread | 2 threads of the model | 2 callers, 1 thread each |\n");
    for (const Kind &kind : { kinds[0], kinds[2] })
        threads(kind);
}
