/* The anomaly detectors of flowengine.hpp. */
#ifndef FLOWENGINE_DETECTOR_HPP
#define FLOWENGINE_DETECTOR_HPP

#include "base.hpp"

namespace flowengine {

/// What a detector finds of rows, one value a row.
struct Findings {
    std::vector<double> score;       // about 1 is normal, higher is more anomalous
    std::vector<double> p_value;     // the share of normal rows that would score as high
    std::vector<int32_t> is_anomaly; // 1 where the score is above the threshold
};

/// Finds anomalies in the rows of a table.  Many threads may call one detector at once.
class Detector : public detail::Handle<flow_detector> {
public:
    using Handle::Handle;

    /// Fits rows that are mostly normal: (B, columns), B at least 8.
    static Detector fit(
        span<const double> rows, size_t columns, const DetectorOptions &options = {}, OnError on_error = or_throw())
    {
        return made(
            [&](flow_detector **detector) {
                return flow_detector_fit(rows.data(), rows.size(), nullptr, columns, &options, detector);
            },
            on_error);
    }

    /// The same of rows whose columns have names.
    static Detector fit(
        span<const double> rows, span<const char *const> names, const DetectorOptions &options = {},
        OnError on_error = or_throw())
    {
        return made(
            [&](flow_detector **detector) {
                return flow_detector_fit(rows.data(), rows.size(), names.data(), names.size(), &options, detector);
            },
            on_error);
    }

    /// A detector from a file, or the folder of flow detect, by its path in UTF-8.
    static Detector load(const std::string &path, OnError on_error = or_throw())
    {
        return made([&](flow_detector **detector) { return flow_detector_load(path.c_str(), detector); }, on_error);
    }

    /// A detector from a file in memory, which is not needed after the call.
    static Detector load_memory(span<const uint8_t> file, OnError on_error = or_throw())
    {
        return made(
            [&](flow_detector **detector) { return flow_detector_load_memory(file.data(), file.size(), detector); }, on_error);
    }

    /// Writes a file, whole or not at all.
    void save(const std::string &path, OnError on_error = or_throw()) const
    {
        on_error.take(flow_detector_save(get(), path.c_str()));
    }

    /// A file in memory.
    std::vector<uint8_t> save_memory(OnError on_error = or_throw()) const
    {
        return detail::bytes(
            [&](void *to, size_t capacity, size_t *length) {
                return flow_detector_save_memory(get(), to, capacity, length);
            },
            on_error);
    }

    /// What the detector is.
    DetectorInfo info(OnError on_error = or_throw()) const
    {
        DetectorInfo result;
        on_error.take(flow_detector_get_info(get(), &result));
        return result;
    }

    /// What it knows of its table, as JSON.
    std::string schema(OnError on_error = or_throw()) const
    {
        return detail::text(
            [&](char *to, size_t capacity, size_t *length) { return flow_detector_schema(get(), to, capacity, length); },
            on_error);
    }

    /// Scores (B, columns) rows.
    Findings score(span<const double> rows, OnError on_error = or_throw()) const
    {
        const size_t count = count_of(rows, on_error);
        Findings found = { std::vector<double>(count), std::vector<double>(count), std::vector<int32_t>(count) };
        on_error.take(flow_detector_score(
            get(), rows.data(), rows.size(), found.score.data(), count, found.p_value.data(), count,
            found.is_anomaly.data(), count));
        return found;
    }

    /// How far the score of each of (B, columns) rows falls where the flows leave a column free: (B, columns).
    std::vector<double> explain(span<const double> rows, OnError on_error = or_throw()) const
    {
        std::vector<double> share(rows.size());
        on_error.take(flow_detector_explain(get(), rows.data(), rows.size(), share.data(), share.size()));
        return share;
    }

private:
    template <typename Make>
    static Detector made(Make make, OnError on_error)
    {
        flow_detector *detector = nullptr;
        on_error.take(make(&detector));
        return Detector(detector);
    }

    /// Rounded down where it is no whole number: then the call says so.
    size_t count_of(span<const double> rows, OnError on_error) const
    {
        const int32_t columns = info(on_error).columns;
        return columns > 0 ? rows.size() / static_cast<size_t>(columns) : 0;
    }
};

} // namespace flowengine

#endif // FLOWENGINE_DETECTOR_HPP
