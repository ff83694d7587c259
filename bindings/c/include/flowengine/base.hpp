/* Parts of flowengine.hpp: errors, spans, structs, handles; functions about the library and its devices. */
#ifndef FLOWENGINE_BASE_HPP
#define FLOWENGINE_BASE_HPP

#include "../flowengine.h"

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#if defined(__cpp_exceptions)
#  include <stdexcept>
#endif

namespace flowengine {

/// The result of a call that does not throw.
struct Status {
    flow_status code = FLOW_OK;

    /// Whether it is FLOW_OK.
    explicit operator bool() const noexcept { return code == FLOW_OK; }

    /// A few words on what the code means; last_error() says what was wrong.
    const char *text() const noexcept { return flow_status_text(code); }
};

#if defined(__cpp_exceptions)
/// The exception of a call that failed; what() is one line that says what is wrong.
class Error : public std::runtime_error {
public:
    Error(flow_status code, const char *message) : std::runtime_error(message), status_{code} {}

    Status status() const noexcept { return status_; }

private:
    Status status_;
};
#endif

class OnError;

/// The default of the last argument: a failure throws.
#if defined(__cpp_exceptions)
inline OnError or_throw();
#else
#  if defined(__GNUC__)
__attribute__((error("exceptions are off: pass a flowengine::Status as the last argument")))
#  endif
OnError or_throw(); // never defined
#endif

/// What happens on a failure: it goes into a Status, or is thrown as an Error.
class OnError {
public:
    OnError(Status &status) noexcept : status_(&status) {}

    /// Handles the result of a function of flowengine.h; true for FLOW_OK.
    bool take(flow_status code) const
    {
        if (status_ != nullptr)
            status_->code = code;
#if defined(__cpp_exceptions)
        else if (code != FLOW_OK)
            throw Error(code, flow_last_error());
#endif
        return code == FLOW_OK;
    }

private:
    friend OnError or_throw();
    OnError() noexcept = default;

    Status *status_ = nullptr;
};

#if defined(__cpp_exceptions)
inline OnError or_throw() { return OnError(); }
#endif

/// A borrowed array.
template <typename T>
class span {
public:
    constexpr span() noexcept = default;
    constexpr span(T *data, size_t size) noexcept : data_(data), size_(size) {}

    template <size_t N>
    constexpr span(T (&array)[N]) noexcept : data_(array), size_(N) {}

    /// From anything with data() and size(): a vector, an array, a string, a std::span, a span of elements that are not const.
    template <
        typename Container,
        typename Element = std::remove_pointer_t<decltype(std::declval<Container &>().data())>,
        typename = std::enable_if_t<std::is_convertible_v<Element (*)[], T (*)[]>>,
        typename = decltype(std::declval<Container &>().size())>
    constexpr span(Container &&container) noexcept : data_(container.data()), size_(container.size())
    {
    }

    constexpr T *data() const noexcept { return data_; }
    constexpr size_t size() const noexcept { return size_; }
    constexpr T *begin() const noexcept { return data_; }
    constexpr T *end() const noexcept { return data_ + size_; }
    constexpr T &operator[](size_t i) const noexcept { return data_[i]; }

private:
    T *data_ = nullptr;
    size_t size_ = 0;
};

/// A struct of flowengine.h with its struct_size set and everything else zero.
template <typename Struct>
struct Sized : Struct {
    Sized() noexcept : Struct() { this->struct_size = sizeof(Struct); }
};

using DeviceOptions = Sized<flow_device_options>;
using Device = Sized<flow_device>;
using ModelOptions = Sized<flow_model_options>;
using ModelInfo = Sized<flow_model_info>;
using Parameter = Sized<flow_parameter>;
using Compressed = Sized<flow_compressed>;
using TrainerOptions = Sized<flow_trainer_options>;
using Metrics = Sized<flow_metrics>;
using Communicator = Sized<flow_communicator>;
using DetectorOptions = Sized<flow_detector_options>;
using DetectorInfo = Sized<flow_detector_info>;

/// The settings of one call.  Its arrays and its callback must live as long as the call.
struct Call : Sized<flow_call> {
    /// The condition: B rows, or one row for all; classes are one-hot rows.
    Call &with_condition(span<const float> rows) noexcept
    {
        condition = rows.data();
        condition_length = rows.size();
        return *this;
    }

    /// The temperatures of samples, one for each level, the finest first.
    Call &with_temperatures(span<const double> values) noexcept
    {
        temperatures = values.data();
        temperature_count = static_cast<int32_t>(values.size());
        return *this;
    }

    /// A callback after every batch, with the number of data that are done and of all; false stops the call.
    template <typename Callback>
    Call &with_progress(Callback &callback) noexcept
    {
        static_assert(
            std::is_nothrow_invocable_r_v<bool, Callback &, int64_t, int64_t>, "expected bool (int64_t, int64_t) noexcept");
        progress = [](int64_t done, int64_t total, void *to) -> int32_t {
            return (*static_cast<Callback *>(to))(done, total) ? 0 : 1;
        };
        user = const_cast<std::remove_const_t<Callback> *>(&callback);
        return *this;
    }
};

/// The noise that dequantizes grey levels.  That of an image depends on the seed and on its index, which begins at first_index.
struct Noise {
    uint64_t seed = 0;
    uint32_t first_index = 0;
};

/// The memory of a device, in bytes.
struct DeviceMemory {
    int64_t free_bytes = 0, total_bytes = 0;
};

/// The memory of a batch in bytes, without that of the weights and the optimizer: for densities, and for a training step that
/// stores activations or inverts the flow.
struct BatchMemory {
    int64_t inference = 0, store = 0, invert = 0;
};

namespace detail {

/// The text of a function of flowengine.h.  The first call asks for its length, which counts the NUL.
template <typename Give>
std::string text(Give give, OnError on_error)
{
    size_t length = 0;
    if (!on_error.take(give(nullptr, 0, &length)))
        return {};
    std::string result(length, '\0');
    if (!on_error.take(give(&result[0], length, &length)))
        return {};
    result.resize(length - 1);
    return result;
}

/// The bytes of a function.  They may be fewer than the first call said.
template <typename Give>
std::vector<uint8_t> bytes(Give give, OnError on_error)
{
    size_t length = 0;
    if (!on_error.take(give(nullptr, 0, &length)))
        return {};
    std::vector<uint8_t> result(length);
    if (!on_error.take(give(result.data(), length, &length)))
        return {};
    result.resize(length);
    return result;
}

struct Free {
    void operator()(flow_model *model) const noexcept { flow_model_free(model); }
    void operator()(flow_tape *tape) const noexcept { flow_tape_free(tape); }
    void operator()(flow_trainer *trainer) const noexcept { flow_trainer_free(trainer); }
    void operator()(flow_detector *detector) const noexcept { flow_detector_free(detector); }
};

/// Owns a handle of flowengine.h.
template <typename Raw>
class Handle {
public:
    Handle() noexcept = default;

    /// Owns raw, which may be NULL.
    explicit Handle(Raw *raw) noexcept : raw_(raw) {}

    Raw *get() const noexcept { return raw_.get(); }
    explicit operator bool() const noexcept { return raw_ != nullptr; }

private:
    std::unique_ptr<Raw, Free> raw_;
};

} // namespace detail

// --- The library and its devices ---------------------------------------------------------------------------------------

/// The ABI of the library.  A program compares it with FLOW_ABI_VERSION once, at the start.
inline uint32_t abi_version() noexcept { return flow_abi_version(); }

/// The version of the release: three numbers with points between them.
inline const char *version() noexcept { return flow_version(); }

/// The instruction set in use, such as "x86-64-v4".
inline const char *instruction_set() noexcept { return flow_instruction_set(); }

/// The last failure on this thread, one line.  It is valid until this thread's next call.
inline const char *last_error() noexcept { return flow_last_error(); }

/// All options of models, transforms and training, with their defaults, as JSON.
inline std::string describe(OnError on_error = or_throw()) { return detail::text(flow_describe, on_error); }

/// The number of devices: the CPU, then those of CUDA and OpenCL, then the emulator.
inline int32_t device_count(OnError on_error = or_throw())
{
    int32_t count = 0;
    on_error.take(flow_device_count(&count));
    return count;
}

/// Describes a device.
inline Device device(int32_t index, OnError on_error = or_throw())
{
    Device result;
    on_error.take(flow_device_get(index, &result));
    return result;
}

/// The memory of a device.
inline DeviceMemory device_memory(int32_t index, OnError on_error = or_throw())
{
    DeviceMemory result;
    on_error.take(flow_device_memory(index, &result.free_bytes, &result.total_bytes));
    return result;
}

/// Describes a file of compressed images.  A file that is damaged, foreign or newer gives FLOW_BAD_FORMAT.
inline Compressed compressed_info(span<const uint8_t> file, OnError on_error = or_throw())
{
    Compressed result;
    on_error.take(flow_compressed_get_info(file.data(), file.size(), &result));
    return result;
}

} // namespace flowengine

#endif // FLOWENGINE_BASE_HPP
