using System.Numerics;
using System.Reflection;
using System.Runtime.InteropServices;
using FlowEngine.Kernels.Device;
using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Tests.Ilgpu;

/// <summary>The largest differences of what two compilers made of each kernel.</summary>
internal sealed class Differences
{
    private readonly Dictionary<string, (int Launches, double Largest)> _kernels = [];

    /// <summary>
    /// For each kernel that was launched, how often, and the largest difference of two elements, divided by our element or by the
    /// root of the mean square of what its launch wrote, if that is larger; NaN where one side has NaN and the other not.
    /// </summary>
    public IReadOnlyDictionary<string, (int Launches, double Largest)> Kernels => _kernels;

    public void NoteLaunch(KernelDescriptor kernel)
    {
        (int launches, double largest) = _kernels.GetValueOrDefault(kernel.Name);
        _kernels[kernel.Name] = (launches + 1, largest);
    }

    /// <summary>Compares what a launch wrote.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="index">The parameter.</param>
    /// <param name="before">The memory before.</param>
    /// <param name="ours">By the committed PTX.</param>
    /// <param name="theirs">By ILGPU's.</param>
    public void Note(KernelDescriptor kernel, int index, byte[] before, byte[] ours, byte[] theirs)
    {
        if (ours.AsSpan().SequenceEqual(theirs))
        {
            return;
        }

        double[] then = Numbers(kernel, index, before);
        double[] left = Numbers(kernel, index, ours);
        double[] right = Numbers(kernel, index, theirs);
        double[] written = [.. left.Where((value, i) => !value.Equals(then[i]) && double.IsFinite(value))];
        double typical = Math.Sqrt(written.Sum(value => value * value) / Math.Max(1, written.Length));
        (int launches, double largest) = _kernels[kernel.Name];
        for (int i = 0; i < left.Length; i++)
        {
            if (!left[i].Equals(right[i]))
            {
                // Not Math.Max in one step: a NaN must stay.
                double difference = Math.Abs(left[i] - right[i]) / Math.Max(typical, Math.Abs(left[i]));
                largest = double.IsFinite(difference) && !double.IsNaN(largest) ? Math.Max(largest, difference) : double.NaN;
            }
        }

        _kernels[kernel.Name] = (launches, largest);
    }

    private static double[] Numbers(KernelDescriptor kernel, int index, byte[] bytes)
    {
        string[] names = kernel.Name.Split('_');
        Type element = typeof(KernelAttribute).Assembly.GetType($"FlowEngine.Kernels.Device.{names[0]}", throwOnError: true)!
            .GetMethods(BindingFlags.Static | BindingFlags.NonPublic)
            .Single(method => method.Name == names[1] && method.GetCustomAttribute<KernelAttribute>() is not null)
            .GetParameters()[index].ParameterType.GenericTypeArguments[0];
        return Type.GetTypeCode(element) switch
        {
            TypeCode.Byte => Widened<byte>(bytes),
            TypeCode.Single => Widened<float>(MemoryMarshal.Cast<byte, float>(bytes)),
            TypeCode.Double => MemoryMarshal.Cast<byte, double>(bytes).ToArray(),
            TypeCode.UInt32 => Widened<uint>(MemoryMarshal.Cast<byte, uint>(bytes)),
            _ => throw new NotSupportedException($"{kernel.Name} writes {element}"),
        };
    }

    private static double[] Widened<T>(ReadOnlySpan<T> values)
        where T : unmanaged, INumber<T>
    {
        double[] numbers = new double[values.Length];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = double.CreateChecked(values[i]);
        }

        return numbers;
    }
}
