using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>Some rows through their splines or other maps: sixteen values at a time, whatever rows they belong to.</summary>
internal unsafe struct SplineJob<TLanes> : IJob
    where TLanes : struct, IMonotonicLanes
{
    private const int Lanes = SimdMath.Width;

    // Enough for a part to be worth a thread's while.
    private const int ValuesPerPart = 256;

    public TLanes Map;
    public SplinePass Pass;

    /// <summary>Raw numbers of a value.</summary>
    public int Raw;
    public int Rows;
    public int Dims;
    public int Passing;

    /// <summary>x; y in the inverse.</summary>
    public float* Input;
    public float* Output;

    /// <summary>y; x in the inverse, dx in the backward pass.</summary>
    public float* Result;

    /// <summary>LogDet, added to; its gradient in the backward pass.</summary>
    public float* LogDet;

    /// <summary>dy.</summary>
    public float* Gradient;

    /// <summary>The gradients of the raw numbers.</summary>
    public float* OutputGradient;

    public readonly int Parts => (Rows + RowsPerPart - 1) / RowsPerPart;

    private readonly int Moved => Dims - Passing;

    private readonly int RowsPerPart => Math.Max(1, ValuesPerPart / Moved);

    public readonly void Invoke(int index, int worker)
    {
        bool isBackward = Pass == SplinePass.Backward;
        float* raw = stackalloc float[Raw * Lanes];
        float* dRaw = stackalloc float[isBackward ? Raw * Lanes : 0];
        float* scratch = stackalloc float[Map.ScratchLength];
        int first = index * RowsPerPart;
        int end = Math.Min(first + RowsPerPart, Rows);
        float* source = isBackward ? Gradient : Input;
        for (int row = first; row < end; row++)
        {
            nint at = (nint)row * Dims;
            new ReadOnlySpan<float>(source + at, Passing).CopyTo(new Span<float>(Result + at, Passing));
        }

        Place place = new(first, 0);
        double logDet = 0;
        long last = (long)end * Moved;
        for (long i = (long)first * Moved; i < last; i += Lanes)
        {
            int count = (int)Math.Min(Lanes, last - i);
            Turn(Output + (i * Raw), count, raw);
            Vector512<float> input = Load(Input, place, count);
            Vector512<float> result;
            switch (Pass)
            {
                case SplinePass.Forward:
                    result = Map.Forward(raw, scratch, input, out Vector512<float> logSlope);
                    AddLogDet(logSlope, place, count, ref logDet);
                    break;
                case SplinePass.Inverse:
                    result = Map.Inverse(raw, scratch, input);
                    break;
                default:
                    result = Map.Backward(
                        raw, scratch, input, Load(Gradient, place, count), LogDetGradient(place, count), dRaw);
                    TurnBack(dRaw, count, OutputGradient + (i * Raw));
                    break;
            }

            Store(result, ref place, count);
        }
    }

    private readonly Vector512<float> Load(float* array, Place place, int count)
    {
        Vector512<float> value = default;
        float* lanes = (float*)&value;
        for (int lane = 0; lane < count; lane++)
        {
            lanes[lane] = array[At(place)];
            place = Next(place);
        }

        return value;
    }

    private readonly void Store(Vector512<float> value, ref Place place, int count)
    {
        float* lanes = (float*)&value;
        for (int lane = 0; lane < count; lane++)
        {
            Result[At(place)] = lanes[lane];
            place = Next(place);
        }
    }

    // The values of a row in their order, in float64, wherever a vector begins.
    private readonly void AddLogDet(Vector512<float> logSlope, Place place, int count, ref double sum)
    {
        float* lanes = (float*)&logSlope;
        for (int lane = 0; lane < count; lane++)
        {
            sum += lanes[lane];
            Place next = Next(place);
            if (next.Row != place.Row)
            {
                LogDet[place.Row] = (float)(LogDet[place.Row] + sum);
                sum = 0;
            }

            place = next;
        }
    }

    private readonly Vector512<float> LogDetGradient(Place place, int count)
    {
        Vector512<float> value = default;
        float* lanes = (float*)&value;
        for (int lane = 0; lane < count; lane++)
        {
            lanes[lane] = LogDet[place.Row];
            place = Next(place);
        }

        return value;
    }

    private readonly nint At(Place place) => ((nint)place.Row * Dims) + Passing + place.Column;

    private readonly Place Next(Place place) =>
        place.Column + 1 < Moved ? new Place(place.Row, place.Column + 1) : new Place(place.Row + 1, 0);

    // (value, number) to (number, 16 values); 0 past the last value.
    private readonly void Turn(float* rows, int count, float* columns)
    {
        if (count == Lanes && Raw >= Lanes)
        {
            for (int number = 0; number < Raw; number += Lanes)
            {
                int at = Math.Min(number, Raw - Lanes);
                PixelMajor.TransposeBlock(rows + at, Raw, columns + (at * Lanes), Lanes);
            }

            return;
        }

        new Span<float>(columns, Raw * Lanes).Clear();
        for (int value = 0; value < count; value++)
        {
            for (int number = 0; number < Raw; number++)
            {
                columns[(number * Lanes) + value] = rows[(value * Raw) + number];
            }
        }
    }

    private readonly void TurnBack(float* columns, int count, float* rows)
    {
        if (count == Lanes && Raw >= Lanes)
        {
            for (int number = 0; number < Raw; number += Lanes)
            {
                int at = Math.Min(number, Raw - Lanes);
                PixelMajor.TransposeBlock(columns + (at * Lanes), Lanes, rows + at, Raw);
            }

            return;
        }

        for (int value = 0; value < count; value++)
        {
            for (int number = 0; number < Raw; number++)
            {
                rows[(value * Raw) + number] = columns[(number * Lanes) + value];
            }
        }
    }

    /// <summary>A value that is moved: its row, and which of those.</summary>
    private readonly record struct Place(int Row, int Column);
}
