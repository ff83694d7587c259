using FlowEngine.Kernels;

namespace FlowEngine.Tensors;

/// <summary>One named array of a model: where it lies in the flat buffers, and how a file stores it.</summary>
public sealed class Parameter
{
    private readonly int[] _fileAxes;

    internal Parameter(string name, int[] shape, int[] fileAxes, long offset, bool isConstant, Initializer initializer)
    {
        Name = name;
        Shape = shape;
        _fileAxes = fileAxes;
        Offset = offset;
        IsConstant = isConstant;
        Initializer = initializer;
        Length = SizeCheck.Product($"the parameter {name}", shape);
    }

    /// <summary>The name in checkpoints, such as <c>levels.0.steps.3.actnorm.bias</c>.</summary>
    public string Name { get; }

    /// <summary>The shape in memory, row-major.</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>The shape in files.</summary>
    public long[] FileShape => [.. _fileAxes.Select(axis => (long)Shape[axis])];

    /// <summary>From one index of <see cref="FileShape"/> to the next: elements in memory.</summary>
    public long[] FileStrides
    {
        get
        {
            int[] strides = Strides();
            return [.. _fileAxes.Select(axis => (long)strides[axis])];
        }
    }

    /// <summary>The number of elements.</summary>
    public int Length { get; }

    /// <summary>The first element in the flat buffer it belongs to.</summary>
    public long Offset { get; }

    /// <summary>True if it is not trained and lies in the flat buffer of constants.</summary>
    public bool IsConstant { get; }

    internal Initializer Initializer { get; }

    /// <summary>This parameter's part of a flat buffer.</summary>
    /// <param name="flat">Weights, gradients, moments or averages; the constants' buffer if this is a constant.</param>
    public BufferView In(BufferView flat) => flat.Slice(Offset, Length);

    /// <summary>From the order of memory to the order of files.</summary>
    /// <param name="values">In the order of <see cref="Shape"/>.</param>
    public double[] ToFile(ReadOnlySpan<double> values) => Transpose(values, toFile: true);

    /// <summary>From the order of files to the order of memory.</summary>
    /// <param name="values">In the order of <see cref="FileShape"/>.</param>
    public double[] FromFile(ReadOnlySpan<double> values) => Transpose(values, toFile: false);

    private int[] Strides()
    {
        int[] strides = new int[Shape.Count];
        for (int axis = Shape.Count - 1, stride = 1; axis >= 0; stride *= Shape[axis], axis--)
        {
            strides[axis] = stride;
        }

        return strides;
    }

    private double[] Transpose(ReadOnlySpan<double> values, bool toFile)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, Length);
        if (_fileAxes.Zip(_fileAxes.Skip(1)).All(pair => pair.First < pair.Second))
        {
            return values.ToArray();
        }

        int[] strides = Strides();
        double[] result = new double[Length];
        int[] sizes = [.. _fileAxes.Select(axis => Shape[axis])];
        int[] steps = [.. _fileAxes.Select(axis => strides[axis])];
        int[] position = new int[sizes.Length];
        int memory = 0;
        for (int file = 0; file < Length; file++)
        {
            if (toFile)
            {
                result[file] = values[memory];
            }
            else
            {
                result[memory] = values[file];
            }

            for (int i = sizes.Length - 1; i >= 0; i--)
            {
                memory += steps[i];
                if (++position[i] < sizes[i])
                {
                    break;
                }

                memory -= steps[i] * sizes[i];
                position[i] = 0;
            }
        }

        return result;
    }
}
