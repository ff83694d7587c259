/* The gradients and trainers of flowengine.hpp. */
#ifndef FLOWENGINE_TRAINING_HPP
#define FLOWENGINE_TRAINING_HPP

#include "model.hpp"

namespace flowengine {

/// The memory for one forward pass over a fixed number of data, and for its gradients.  Only one thread may call it at a time.
/// It keeps its model.
class Tape : public detail::Handle<flow_tape> {
public:
    using Handle::Handle;

    /// Makes a tape for batches of 1 to 65536 data; activations is FLOW_ACTIVATIONS_...
    static Tape create(
        Model &model, int32_t batch, int32_t activations = FLOW_ACTIVATIONS_AUTO, OnError on_error = or_throw())
    {
        flow_tape *tape = nullptr;
        on_error.take(flow_tape_create(model.get(), batch, activations, &tape));
        return Tape(tape);
    }

    /// Computes log densities of (batch, D) data in nats: (batch).
    void forward(span<const float> images, span<double> log_prob, const Call &call = {}, OnError on_error = or_throw())
    {
        on_error.take(flow_tape_forward(get(), images.data(), images.size(), &call, log_prob.data(), log_prob.size()));
    }

    /// Computes the gradients of sum_b g_b log_prob_b, g of (batch) numbers: by the data, (batch, D), and by the parameters,
    /// parameters_length; each may be empty.  Call it once after a forward pass.
    void backward(
        span<const double> g, span<float> d_images, span<float> d_parameters, const Call &call = {},
        OnError on_error = or_throw())
    {
        on_error.take(flow_tape_backward(
            get(), g.data(), g.size(), &call, d_images.data(), d_images.size(), d_parameters.data(), d_parameters.size()));
    }
};

/// A model in training.  Only one thread may call it at a time.  It keeps its model.
class Trainer : public detail::Handle<flow_trainer> {
public:
    using Handle::Handle;

    /// Makes a trainer that gets its batches from the caller: step.
    static Trainer create(Model &model, const TrainerOptions &options = {}, OnError on_error = or_throw())
    {
        flow_trainer *trainer = nullptr;
        on_error.take(flow_trainer_create(model.get(), &options, &trainer));
        return Trainer(trainer);
    }

    /// Makes a trainer on (N, D) grey levels, which it copies: run.
    static Trainer create_on(
        Model &model, span<const uint8_t> levels, const TrainerOptions &options = {}, OnError on_error = or_throw())
    {
        flow_trainer *trainer = nullptr;
        on_error.take(flow_trainer_create_on(model.get(), levels.data(), levels.size(), &options, &trainer));
        return Trainer(trainer);
    }

    /// Makes a trainer that shares its batches with other ranks: of (N, D) grey levels, or without any of batches from the caller.
    static Trainer create_shared(
        Model &model, span<const uint8_t> levels, const Communicator &communicator, const TrainerOptions &options = {},
        OnError on_error = or_throw())
    {
        flow_trainer *trainer = nullptr;
        on_error.take(
            flow_trainer_create_shared(model.get(), levels.data(), levels.size(), &options, &communicator, &trainer));
        return Trainer(trainer);
    }

    /// Makes one update on a batch of scaled images or rows, (batch, D).
    Metrics step(span<const float> images, const Call &call = {}, OnError on_error = or_throw())
    {
        Metrics result;
        on_error.take(flow_trainer_step(get(), images.data(), images.size(), &call, &result));
        return result;
    }

    /// Makes one update on a batch of grey levels, (batch, D).
    Metrics step(span<const uint8_t> levels, const Call &call = {}, OnError on_error = or_throw())
    {
        Metrics result;
        on_error.take(flow_trainer_step_u8(get(), levels.data(), levels.size(), &call, &result));
        return result;
    }

    /// Makes updates on the data set.  A new model is initialized on the first batch.
    Metrics run(int64_t updates, OnError on_error = or_throw())
    {
        Metrics result;
        on_error.take(flow_trainer_run(get(), updates, nullptr, nullptr, &result));
        return result;
    }

    /// The same.  After each update it calls done, bool (const flow_metrics &) noexcept; false stops the training.
    template <typename Callback, typename = std::enable_if_t<std::is_invocable_v<Callback &, const flow_metrics &>>>
    Metrics run(int64_t updates, Callback &&done, OnError on_error = or_throw())
    {
        using To = std::remove_reference_t<Callback>;
        static_assert(
            std::is_nothrow_invocable_r_v<bool, To &, const flow_metrics &>, "expected bool (const flow_metrics &) noexcept");
        Metrics result;
        on_error.take(flow_trainer_run(
            get(), updates,
            [](const flow_metrics *now, void *to) -> int32_t { return (*static_cast<To *>(to))(*now) ? 0 : 1; },
            const_cast<std::remove_const_t<To> *>(&done), &result));
        return result;
    }

    /// Changes the learning rate, from the next update on.
    void set_learning_rate(double learning_rate, OnError on_error = or_throw())
    {
        on_error.take(flow_trainer_set_learning_rate(get(), learning_rate));
    }

    /// Gives the state of the training.
    Metrics metrics(OnError on_error = or_throw()) const
    {
        Metrics result;
        on_error.take(flow_trainer_get_metrics(get(), &result));
        return result;
    }

    /// Writes a file for resume.  Save the model at the same time.
    void save(const std::string &path, OnError on_error = or_throw()) const
    {
        on_error.take(flow_trainer_save(get(), path.c_str()));
    }

    /// Continues where save ended, with the same bits.
    void resume(const std::string &path, OnError on_error = or_throw())
    {
        on_error.take(flow_trainer_resume(get(), path.c_str()));
    }

    /// Makes a copy of the model with the moving average of the weights.  This is the model to use and to save.
    Model snapshot(OnError on_error = or_throw()) const
    {
        return Model::made([&](flow_model **model) { return flow_trainer_snapshot(get(), model); }, on_error);
    }
};

} // namespace flowengine

#endif // FLOWENGINE_TRAINING_HPP
