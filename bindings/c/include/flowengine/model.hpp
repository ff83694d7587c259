/* The models of flowengine.hpp. */
#ifndef FLOWENGINE_MODEL_HPP
#define FLOWENGINE_MODEL_HPP

#include "base.hpp"

namespace flowengine {

/// A flow with weights.  Many threads may call one model at once.
class Model : public detail::Handle<flow_model> {
public:
    using Handle::Handle;

    /// Makes a model with random weights of a kind: "glow", "realnvp", "maf", "iaf", "nice", "dense-glow", "nsf".
    static Model create(
        const std::string &kind, const ModelOptions &options, const DeviceOptions &device = {},
        OnError on_error = or_throw())
    {
        return made([&](flow_model **model) { return flow_model_create(kind.c_str(), &options, &device, model); }, on_error);
    }

    /// Makes a model with random weights from JSON; flow_model_create_json shows the form.
    static Model create_json(
        const std::string &json, uint64_t seed = 0, const DeviceOptions &device = {}, OnError on_error = or_throw())
    {
        return made([&](flow_model **model) { return flow_model_create_json(json.c_str(), seed, &device, model); }, on_error);
    }

    /// Loads a model from a checkpoint file.  The path is UTF-8.
    static Model load(const std::string &path, const DeviceOptions &device = {}, OnError on_error = or_throw())
    {
        return made([&](flow_model **model) { return flow_model_load(path.c_str(), &device, model); }, on_error);
    }

    /// Loads a model from a checkpoint in memory, which is not needed after the call.
    static Model load_memory(
        span<const uint8_t> checkpoint, const DeviceOptions &device = {}, OnError on_error = or_throw())
    {
        return made(
            [&](flow_model **model) { return flow_model_load_memory(checkpoint.data(), checkpoint.size(), &device, model); },
            on_error);
    }

    /// Makes a model from a flow that another library trained.  A module that cannot be imported gives FLOW_UNSUPPORTED.
    /// @param weights      its state dict as a safetensors file in memory (of flowjax its Equinox file).
    /// @param library      "zuko", "nflows", "normflows" or "flowjax".
    /// @param description  the modules of the flow, as JSON.
    static Model import_flow(
        span<const uint8_t> weights, const std::string &library, const std::string &description,
        const DeviceOptions &device = {}, OnError on_error = or_throw())
    {
        return made(
            [&](flow_model **model) {
                return flow_model_import(
                    weights.data(), weights.size(), library.c_str(), description.c_str(), &device, model);
            },
            on_error);
    }

    /// Writes a checkpoint file.  After a failure an older file of that name is unchanged.
    void save(const std::string &path, OnError on_error = or_throw()) const
    {
        on_error.take(flow_model_save(get(), path.c_str()));
    }

    /// Writes a checkpoint to memory.
    std::vector<uint8_t> save_memory(OnError on_error = or_throw()) const
    {
        return detail::bytes(
            [&](void *to, size_t capacity, size_t *length) { return flow_model_save_memory(get(), to, capacity, length); },
            on_error);
    }

    /// Describes the model.
    ModelInfo info(OnError on_error = or_throw()) const
    {
        ModelInfo result;
        on_error.take(flow_model_get_info(get(), &result));
        return result;
    }

    /// The options of the model as JSON, for create_json.
    std::string json(OnError on_error = or_throw()) const
    {
        return detail::text(
            [&](char *to, size_t capacity, size_t *length) { return flow_model_get_json(get(), to, capacity, length); },
            on_error);
    }

    /// The memory of a batch of 1 to 65536 data.
    BatchMemory memory(int32_t batch, OnError on_error = or_throw()) const
    {
        BatchMemory result;
        on_error.take(flow_model_memory(get(), batch, &result.inference, &result.store, &result.invert));
        return result;
    }

    /// Prepares calls with this batch, so that the first is as fast as the next.
    void prepare(
        int32_t batch, OnError on_error = or_throw()) const { on_error.take(flow_model_prepare(get(), batch)); }

    /// The shape of the latent of a level, 0 to levels - 1.
    flow_shape latent_shape(int32_t level, OnError on_error = or_throw()) const
    {
        flow_shape result = {};
        on_error.take(flow_model_latent_shape(get(), level, &result));
        return result;
    }

    /// Initializes a new model on (B, D) scaled images or rows, at most 65536.
    void initialize(span<const float> images, const Call &call = {}, OnError on_error = or_throw())
    {
        on_error.take(flow_model_initialize(get(), images.data(), images.size(), &call));
    }

    // --- Densities, latents and samples: (B, D) images scaled to [-0.5, 0.5), or rows; or (B, D) grey levels with noise ---

    /// Log densities in nats: (B) numbers.  A datum so far out that its latents leave the range of float has -infinity.
    void log_prob(
        span<const float> images, span<double> log_prob, const Call &call = {}, OnError on_error = or_throw()) const
    {
        on_error.take(
            flow_model_log_prob(get(), images.data(), images.size(), &call, log_prob.data(), log_prob.size()));
    }

    void log_prob(
        span<const uint8_t> levels, Noise noise, span<double> log_prob, const Call &call = {},
        OnError on_error = or_throw()) const
    {
        on_error.take(flow_model_log_prob_u8(
            get(), levels.data(), levels.size(), noise.seed, noise.first_index, &call, log_prob.data(), log_prob.size()));
    }

    /// The same in a new vector.
    std::vector<double> log_prob(span<const float> images, const Call &call = {}, OnError on_error = or_throw()) const
    {
        std::vector<double> result(count_of(images.size(), on_error));
        log_prob(images, result, call, on_error);
        return result;
    }

    /// Bits per dimension: (B) numbers.
    void bits_per_dim(
        span<const float> images, span<double> bits, const Call &call = {}, OnError on_error = or_throw()) const
    {
        on_error.take(flow_model_bits_per_dim(get(), images.data(), images.size(), &call, bits.data(), bits.size()));
    }

    void bits_per_dim(
        span<const uint8_t> levels, Noise noise, span<double> bits, const Call &call = {},
        OnError on_error = or_throw()) const
    {
        on_error.take(flow_model_bits_per_dim_u8(
            get(), levels.data(), levels.size(), noise.seed, noise.first_index, &call, bits.data(), bits.size()));
    }

    /// Log densities in nats, (B), and their gradients: by the data, (B, D), and by the condition, (B, N) or empty.
    void log_prob_gradient(
        span<const float> images, span<double> log_prob, span<float> d_images, span<float> d_condition = {},
        const Call &call = {}, OnError on_error = or_throw()) const
    {
        on_error.take(flow_model_log_prob_gradient(
            get(), images.data(), images.size(), &call, log_prob.data(), log_prob.size(), d_images.data(), d_images.size(),
            d_condition.data(), d_condition.size()));
    }

    /// Log densities under every class in nats: (B, classes).
    void class_log_prob(
        span<const float> images, span<double> log_prob, const Call &call = {}, OnError on_error = or_throw()) const
    {
        on_error.take(
            flow_model_class_log_prob(get(), images.data(), images.size(), &call, log_prob.data(), log_prob.size()));
    }

    void class_log_prob(
        span<const uint8_t> levels, Noise noise, span<double> log_prob, const Call &call = {},
        OnError on_error = or_throw()) const
    {
        on_error.take(flow_model_class_log_prob_u8(
            get(), levels.data(), levels.size(), noise.seed, noise.first_index, &call, log_prob.data(), log_prob.size()));
    }

    /// Classifies by Bayes' rule from (B, classes) log densities: (B) numbers of classes, and (B, classes) probabilities.
    void classify(
        span<const double> class_log_prob, span<int32_t> classes, span<double> probability,
        OnError on_error = or_throw()) const
    {
        on_error.take(flow_model_classify(
            get(), class_log_prob.data(), class_log_prob.size(), classes.data(), classes.size(), probability.data(),
            probability.size()));
    }

    /// Makes scaled images, (B, D), of grey levels.
    void dequantize(
        span<const uint8_t> levels, Noise noise, span<float> images, const Call &call = {},
        OnError on_error = or_throw()) const
    {
        on_error.take(flow_model_dequantize(
            get(), levels.data(), levels.size(), noise.seed, noise.first_index, &call, images.data(), images.size()));
    }

    /// Computes latents, (B, D): those of all levels in order.
    void forward(
        span<const float> images, span<float> latents, const Call &call = {}, OnError on_error = or_throw()) const
    {
        on_error.take(flow_model_forward(get(), images.data(), images.size(), &call, latents.data(), latents.size()));
    }

    /// Computes latents in one array for each level, (B, h, w, c) of latent_shape.
    void forward(
        span<const float> images, span<const span<float>> levels, const Call &call = {},
        OnError on_error = or_throw()) const
    {
        const Levels<float> parts(levels);
        on_error.take(flow_model_forward_levels(
            get(), images.data(), images.size(), &call, parts.data.data(), parts.sizes.data(), levels.size()));
    }

    /// Computes data, (B, D), from latents.
    void inverse(
        span<const float> latents, span<float> images, const Call &call = {}, OnError on_error = or_throw()) const
    {
        on_error.take(flow_model_inverse(get(), latents.data(), latents.size(), &call, images.data(), images.size()));
    }

    /// Computes data, (B, D), from latents in one array for each level.
    void inverse(
        span<const span<const float>> levels, span<float> images, const Call &call = {},
        OnError on_error = or_throw()) const
    {
        const Levels<const float> parts(levels);
        on_error.take(flow_model_inverse_levels(
            get(), parts.data.data(), parts.sizes.data(), levels.size(), &call, images.data(), images.size()));
    }

    /// Runs forward and inverse, and gives the largest absolute difference for each of B data.
    void round_trip(
        span<const float> images, span<double> largest, const Call &call = {}, OnError on_error = or_throw()) const
    {
        on_error.take(
            flow_model_round_trip(get(), images.data(), images.size(), &call, largest.data(), largest.size()));
    }

    /// Draws (count, D) data.  Datum i of a seed is always the same.
    void sample(
        int64_t count, double temperature, uint64_t seed, span<float> images, const Call &call = {},
        OnError on_error = or_throw()) const
    {
        on_error.take(flow_model_sample(get(), count, temperature, seed, &call, images.data(), images.size()));
    }

    /// Draws (count, D) grey levels.
    void sample(
        int64_t count, double temperature, uint64_t seed, span<uint8_t> levels, const Call &call = {},
        OnError on_error = or_throw()) const
    {
        on_error.take(flow_model_sample_u8(get(), count, temperature, seed, &call, levels.data(), levels.size()));
    }

    /// Draws (count, D) data into a new vector.
    std::vector<float> sample(
        int64_t count, double temperature, uint64_t seed, const Call &call = {}, OnError on_error = or_throw()) const
    {
        const int64_t values = count * info(on_error).dims;
        std::vector<float> result(values > 0 ? static_cast<size_t>(values) : 0);
        sample(count, temperature, seed, span<float>(result), call, on_error);
        return result;
    }

    // --- Rows in the units of their table, and images before they were padded ---

    /// The data schema of the model, as JSON; "null" if it has none.
    std::string schema(OnError on_error = or_throw()) const
    {
        return detail::text(
            [&](char *to, size_t capacity, size_t *length) { return flow_model_schema(get(), to, capacity, length); },
            on_error);
    }

    /// Sets the data schema, in the form that schema gives.
    void set_schema(const std::string &json, OnError on_error = or_throw())
    {
        on_error.take(flow_model_set_schema(get(), json.data(), json.size()));
    }

    /// Scales (B, table_columns) rows to the (B, D) values that the model sees, and gives (B) log-determinants in nats.
    void rows_scale(
        span<const double> rows, span<float> values, span<double> log_det, OnError on_error = or_throw()) const
    {
        on_error.take(flow_model_rows_scale(
            get(), rows.data(), rows.size(), values.data(), values.size(), log_det.data(), log_det.size()));
    }

    /// Scales (B, D) values of the model back to (B, table_columns) rows.
    void rows_restore(span<const float> values, span<double> rows, OnError on_error = or_throw()) const
    {
        on_error.take(flow_model_rows_restore(get(), values.data(), values.size(), rows.data(), rows.size()));
    }

    /// Scales a condition, (B, table_condition_columns) numbers or (B) classes, for Call::with_condition.
    void condition(span<const double> given, span<float> condition, OnError on_error = or_throw()) const
    {
        on_error.take(flow_model_condition(get(), given.data(), given.size(), condition.data(), condition.size()));
    }

    /// Log densities of (B, table_columns) rows in nats: (B).  The condition is given for each row, once for all, or is empty.
    void rows_log_prob(
        span<const double> rows, span<const double> given, span<double> log_prob, const Call &call = {},
        OnError on_error = or_throw()) const
    {
        on_error.take(flow_model_rows_log_prob(
            get(), rows.data(), rows.size(), given.data(), given.size(), &call, log_prob.data(), log_prob.size()));
    }

    /// The same with the gradients by the rows, and by the condition or empty.
    void rows_log_prob_gradient(
        span<const double> rows, span<const double> given, span<double> log_prob, span<double> d_rows,
        span<double> d_given = {}, const Call &call = {}, OnError on_error = or_throw()) const
    {
        on_error.take(flow_model_rows_log_prob_gradient(
            get(), rows.data(), rows.size(), given.data(), given.size(), &call, log_prob.data(), log_prob.size(),
            d_rows.data(), d_rows.size(), d_given.data(), d_given.size()));
    }

    /// Classifies (B, table_columns) rows: (B) numbers of classes, and (B, classes) probabilities.
    void rows_predict(
        span<const double> rows, span<int32_t> classes, span<double> probability, const Call &call = {},
        OnError on_error = or_throw()) const
    {
        on_error.take(flow_model_rows_predict(
            get(), rows.data(), rows.size(), &call, classes.data(), classes.size(), probability.data(), probability.size()));
    }

    /// Draws (count, table_columns) rows.
    void rows_sample(
        int64_t count, span<const double> given, double temperature, uint64_t seed, span<double> rows, const Call &call = {},
        OnError on_error = or_throw()) const
    {
        on_error.take(flow_model_rows_sample(
            get(), count, given.data(), given.size(), temperature, seed, &call, rows.data(), rows.size()));
    }

    /// Pads images of data_height x data_width to the size of the model.
    void pad(span<const float> images, span<float> padded, OnError on_error = or_throw()) const
    {
        on_error.take(flow_model_pad(get(), images.data(), images.size(), padded.data(), padded.size()));
    }

    void pad(span<const uint8_t> levels, span<uint8_t> padded, OnError on_error = or_throw()) const
    {
        on_error.take(flow_model_pad_u8(get(), levels.data(), levels.size(), padded.data(), padded.size()));
    }

    /// Crops images of the model to data_height x data_width.
    void crop(span<const float> padded, span<float> images, OnError on_error = or_throw()) const
    {
        on_error.take(flow_model_crop(get(), padded.data(), padded.size(), images.data(), images.size()));
    }

    void crop(span<const uint8_t> padded, span<uint8_t> levels, OnError on_error = or_throw()) const
    {
        on_error.take(flow_model_crop_u8(get(), padded.data(), padded.size(), levels.data(), levels.size()));
    }

    // --- Compression and parameters ---

    /// Compresses (B, D) grey levels in blocks of so many images; 0 = 100.  Only this model can decompress them.
    std::vector<uint8_t> compress(span<const uint8_t> levels, int32_t block = 0, OnError on_error = or_throw()) const
    {
        return detail::bytes(
            [&](void *to, size_t capacity, size_t *length) {
                return flow_model_compress(get(), levels.data(), levels.size(), block, to, capacity, length);
            },
            on_error);
    }

    /// Decompresses images from number first on, as many as levels has room for.
    void decompress(span<const uint8_t> file, int64_t first, span<uint8_t> levels, OnError on_error = or_throw()) const
    {
        on_error.take(flow_model_decompress(get(), file.data(), file.size(), first, levels.data(), levels.size()));
    }

    /// Describes a named array, 0 to tensors - 1.
    Parameter parameter(int64_t index, OnError on_error = or_throw()) const
    {
        Parameter result;
        on_error.take(flow_model_parameter(get(), index, &result));
        return result;
    }

    /// Copies the trained values, parameters_length floats, out of the model.
    void read_parameters(span<float> values, OnError on_error = or_throw()) const
    {
        on_error.take(flow_model_read_parameters(get(), values.data(), values.size()));
    }

    /// Replaces the trained values, which must be finite.
    void write_parameters(span<const float> values, OnError on_error = or_throw())
    {
        on_error.take(flow_model_write_parameters(get(), values.data(), values.size()));
    }

    /// Copies the constants, constants_length floats, out of the model.
    void read_constants(span<float> values, OnError on_error = or_throw()) const
    {
        on_error.take(flow_model_read_constants(get(), values.data(), values.size()));
    }

    /// Replaces the constants: permutations and signs.
    void write_constants(span<const float> values, OnError on_error = or_throw())
    {
        on_error.take(flow_model_write_constants(get(), values.data(), values.size()));
    }

private:
    template <typename T>
    struct Levels {
        template <typename Parts>
        explicit Levels(const Parts &parts)
        {
            for (const auto &part : parts) {
                data.push_back(part.data());
                sizes.push_back(part.size());
            }
        }

        std::vector<T *> data;
        std::vector<size_t> sizes;
    };

    template <typename Make>
    static Model made(Make make, OnError on_error)
    {
        flow_model *model = nullptr;
        on_error.take(make(&model));
        return Model(model);
    }

    /// Rounded down where it is no whole number: then the call says so.
    size_t count_of(size_t length, OnError on_error) const
    {
        const int64_t dims = info(on_error).dims;
        return dims > 0 ? length / static_cast<size_t>(dims) : 0;
    }

    friend class Trainer;
};

} // namespace flowengine

#endif // FLOWENGINE_MODEL_HPP
