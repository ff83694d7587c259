using System.Numerics;

namespace FlowEngine.Kernels.Host;

/// <summary>Memory of the backends that compute on the host.</summary>
/// <typeparam name="T">The type they compute in: float or double.</typeparam>
public abstract unsafe class HostBackend<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <inheritdoc cref="IBackend.ElementType"/>
    public ElementType ElementType => typeof(T) == typeof(double) ? ElementType.Float64 : ElementType.Float32;

    /// <inheritdoc/>
    public virtual NetworkPrecision NetworkPrecision => NetworkPrecision.Full;

    /// <inheritdoc cref="IBackend.IsQueued"/>
    public bool IsQueued => false;

    /// <inheritdoc cref="IBackend.Memory"/>
    public DeviceMemory Memory
    {
        get
        {
            GCMemoryInfo memory = GC.GetGCMemoryInfo();
            return new DeviceMemory(
                Math.Max(0, memory.TotalAvailableMemoryBytes - memory.MemoryLoadBytes), memory.TotalAvailableMemoryBytes);
        }
    }

    /// <inheritdoc cref="IBackend.Allocate"/>
    public DeviceBuffer Allocate(long length) => new HostBuffer<T>(length);

    /// <inheritdoc cref="IBackend.Write(ReadOnlySpan{float}, BufferView)"/>
    public void Write(ReadOnlySpan<float> values, BufferView destination) => Store(values, destination);

    /// <inheritdoc cref="IBackend.Write(ReadOnlySpan{double}, BufferView)"/>
    public void Write(ReadOnlySpan<double> values, BufferView destination) => Store(values, destination);

    /// <inheritdoc cref="IBackend.Read(BufferView, Span{float})"/>
    public void Read(BufferView source, Span<float> values) => Load(source, values);

    /// <inheritdoc cref="IBackend.Read(BufferView, Span{double})"/>
    public void Read(BufferView source, Span<double> values) => Load(source, values);

    /// <inheritdoc cref="IBackend.InPlace"/>
    public Span<float> InPlace(BufferView view) =>
        typeof(T) == typeof(float) ? new Span<float>(Pointer(view, view.Length), checked((int)view.Length)) : default;

    /// <inheritdoc cref="IBackend.Copy"/>
    public void Copy(BufferView source, BufferView destination)
    {
        T* from = Pointer(source, destination.Length);
        T* to = Pointer(destination, source.Length);
        long bytes = source.Length * sizeof(T);
        Buffer.MemoryCopy(from, to, bytes, bytes);
    }

    /// <inheritdoc cref="IBackend.Fill"/>
    public void Fill(BufferView destination, double value)
    {
        T* to = Pointer(destination, destination.Length);
        T converted = T.CreateTruncating(value);
        for (long i = 0; i < destination.Length; i += int.MaxValue)
        {
            new Span<T>(to + i, (int)Math.Min(int.MaxValue, destination.Length - i)).Fill(converted);
        }
    }

    /// <inheritdoc cref="IBackend.CopyChannels"/>
    public void CopyChannels(
        BufferView source,
        ImageShape sourceShape,
        int sourceChannel,
        BufferView destination,
        int destinationChannels,
        int destinationChannel,
        int count)
    {
        T* from = Pointer(source, sourceShape.Length) + sourceChannel;
        T* to = Pointer(destination, (long)sourceShape.Pixels * destinationChannels) + destinationChannel;
        for (long p = 0; p < sourceShape.Pixels; p++)
        {
            new Span<T>(from + (p * sourceShape.Channels), count).CopyTo(
                new Span<T>(to + (p * destinationChannels), count));
        }
    }

    /// <inheritdoc cref="IBackend.SpreadRows"/>
    public void SpreadRows(ImageShape shape, BufferView rows, BufferView destination)
    {
        int count = (int)(rows.Length / shape.Batch);
        T* from = Pointer(rows, rows.Length);
        T* to = Pointer(destination, shape.Length);
        for (long p = 0; p < shape.Pixels; p++)
        {
            new Span<T>(from + (p / shape.PixelsPerImage * count), count).CopyTo(
                new Span<T>(to + (p * shape.Channels), count));
        }
    }

    /// <inheritdoc cref="IBackend.IsFinite"/>
    public bool IsFinite(BufferView source)
    {
        T* values = Pointer(source, source.Length);
        for (long i = 0; i < source.Length; i++)
        {
            if (!T.IsFinite(values[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc cref="IBackend.BroadcastChannels"/>
    public void BroadcastChannels(ImageShape shape, BufferView values, BufferView destination)
    {
        Span<T> row = new(Pointer(values, shape.Channels), shape.Channels);
        T* to = Pointer(destination, shape.Length);
        for (long p = 0; p < shape.Pixels; p++)
        {
            row.CopyTo(new Span<T>(to + (p * shape.Channels), shape.Channels));
        }
    }

    /// <inheritdoc cref="IBackend.Record"/>
    public IRecording Record(Action operations) => new HostRecording(operations);

    /// <inheritdoc cref="IBackend.CreateStepInput"/>
    public StepInput CreateStepInput(int batch, int dims, int conditionLength = 0) =>
        new HostStepInput<T>(batch, dims, conditionLength);

    /// <inheritdoc cref="IBackend.Dequantize(PhiloxKey, ReadOnlySpan{byte}, ReadOnlySpan{uint}, int, BufferView)"/>
    public abstract void Dequantize(
        PhiloxKey key, ReadOnlySpan<byte> levels, ReadOnlySpan<uint> indices, int bins, BufferView x);

    /// <inheritdoc cref="IBackend.Dequantize(StepInput, int, BufferView)"/>
    public void Dequantize(StepInput input, int bins, BufferView x)
    {
        var own = (HostStepInput<T>)input;
        Dequantize(own.Key, own.Levels, own.Indices, bins, x);
    }

    /// <summary>Notes an update's figures, and whether it is one.</summary>
    /// <param name="progress">Updated.</param>
    /// <param name="logPrior">log p(z), (B).</param>
    /// <param name="logDet">Σ LogDet, (B).</param>
    /// <param name="applied">t, this update among them.</param>
    /// <returns>False if a figure is not finite.</returns>
    private protected static bool BeginUpdate(
        in OptimizerProgress progress, BufferView logPrior, BufferView logDet, out long applied)
    {
        T* state = Pointer(progress.Storage, OptimizerProgress.LengthFor(progress.Capacity));
        T* prior = Pointer(logPrior, logDet.Length);
        T* determinant = Pointer(logDet, logDet.Length);
        double sum = 0;
        for (long b = 0; b < logDet.Length; b++)
        {
            sum += double.CreateTruncating(prior[b]) + double.CreateTruncating(determinant[b]);
        }

        T mean = T.CreateTruncating(sum / logDet.Length);
        T squares = state[OptimizerProgress.SumPlace];
        int next = int.CreateTruncating(state[OptimizerProgress.NextPlace]);
        T* figures = state + OptimizerProgress.FiguresPlace + (2L * next);
        figures[0] = mean;
        figures[1] = squares;
        state[OptimizerProgress.NextPlace] = T.CreateTruncating((next + 1) % progress.Capacity);
        applied = long.CreateTruncating(state[OptimizerProgress.AppliedPlace]) + 1;
        if (!T.IsFinite(mean) || !T.IsFinite(squares))
        {
            return false;
        }

        state[OptimizerProgress.AppliedPlace] = T.CreateTruncating(applied);
        return true;
    }

    /// <summary>The address of a view's first element.</summary>
    /// <param name="view">The view, of a buffer of this backend.</param>
    /// <param name="length">The elements that will be used, at most the view's.</param>
    /// <exception cref="ArgumentException">The view is absent, too short, or of another backend.</exception>
    protected internal static T* Pointer(BufferView view, long length)
    {
        if (view.Buffer is not HostBuffer<T> buffer || view.Length < length)
        {
            throw new ArgumentException(
                $"a view of {length} elements of host {typeof(T).Name} was expected, not {view}", nameof(view));
        }

        return buffer.Pointer + view.Offset;
    }

    private static void Store<TValue>(ReadOnlySpan<TValue> values, BufferView destination)
        where TValue : IBinaryFloatingPointIeee754<TValue>
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual((long)values.Length, destination.Length);
        T* to = Pointer(destination, destination.Length);
        for (int i = 0; i < values.Length; i++)
        {
            to[i] = T.CreateTruncating(values[i]);
        }
    }

    private static void Load<TValue>(BufferView source, Span<TValue> values)
        where TValue : IBinaryFloatingPointIeee754<TValue>
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual((long)values.Length, source.Length);
        T* from = Pointer(source, source.Length);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = TValue.CreateTruncating(from[i]);
        }
    }
}
