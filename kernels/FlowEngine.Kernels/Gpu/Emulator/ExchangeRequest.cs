using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu.Emulator;

/// <summary>Gives a value and takes that of another lane.</summary>
/// <typeparam name="T">The value.</typeparam>
public sealed class ExchangeRequest<T> : WarpRequest
{
    private readonly T _value;
    private readonly int _source;

    internal ExchangeRequest(string operation, T value, int source, string file, int line)
        : base(operation, file, line)
    {
        _value = value;
        _source = source;
        Result = value;
    }

    /// <summary>The other lane's value, once the thread goes on.</summary>
    public T Result { get; private set; }

    internal override void Complete(ReadOnlySpan<WarpRequest> lanes)
    {
        foreach (WarpRequest lane in lanes)
        {
            var request = (ExchangeRequest<T>)lane;
            if ((uint)request._source >= (uint)lanes.Length)
            {
                throw new KernelFaultException(Line, $"{Operation} asks for lane {request._source} of a warp");
            }

            request.Result = ((ExchangeRequest<T>)lanes[request._source])._value;
        }
    }
}
