/*
 * Trains a small masked autoregressive flow on a table of numbers in memory, saves it, and uses what it saved:
 *     table CHECKPOINT [UPDATES]
 * It prints how likely the first rows are, and the gradient of the first one, which says where likelier rows lie.
 */
#include "flowengine.hpp"

#include <cstdio>
#include <cstdlib>
#include <random>

namespace {

constexpr size_t rows = 2048, columns = 3, batch = 256;

/* Points near a parabola, and a third column that follows both. */
std::vector<float> make_table()
{
    std::mt19937 random(1);
    std::uniform_real_distribution<float> uniform(-1, 1);
    std::vector<float> table;
    for (size_t i = 0; i < rows; i++) {
        const float across = uniform(random), noise = 0.1f * uniform(random);
        table.insert(table.end(), { across, 2 * across * across + noise, across - 3 * noise + 0.1f * uniform(random) });
    }
    return table;
}

void train(const std::vector<float> &table, int updates, const std::string &path)
{
    flowengine::ModelOptions sizes;
    sizes.channels = columns;
    sizes.hidden = 32;
    flowengine::Model model = flowengine::Model::create("maf", sizes);
    model.initialize(table);

    flowengine::TrainerOptions options;
    options.batch = batch;
    options.learning_rate = 0.002;
    options.warmup_images = 10 * batch;
    options.ema_decay = 0.9;
    flowengine::Trainer trainer = flowengine::Trainer::create(model, options);
    for (int update = 1; update <= updates; update++) {
        const size_t first = size_t(update) * batch % rows * columns;
        const flowengine::Metrics metrics = trainer.step(flowengine::span<const float>(&table[first], batch * columns));
        if (update % 100 == 0)
            std::printf("update %4d  %.3f bits/dim\n", update, metrics.bits_per_dim);
    }
    trainer.snapshot().save(path);
}

} // namespace

int main(int argc, char **argv)
{
    if (argc < 2) {
        std::fprintf(stderr, "usage: table CHECKPOINT [UPDATES]\n");
        return 2;
    }
    try {
        const std::vector<float> table = make_table();
        train(table, argc > 2 ? std::atoi(argv[2]) : 400, argv[1]);

        const flowengine::Model model = flowengine::Model::load(argv[1]);
        const flowengine::span<const float> few(table.data(), 4 * columns);
        double log_prob[4];
        float gradient[4 * columns];
        model.log_prob_gradient(few, log_prob, gradient);
        for (double nats : log_prob)
            std::printf("%8.3f nats\n", nats);
        std::printf("gradient %.3f %.3f %.3f\n", double(gradient[0]), double(gradient[1]), double(gradient[2]));
    } catch (const flowengine::Error &error) {
        std::fprintf(stderr, "table: %s\n", error.what());
        return 1;
    }
}
