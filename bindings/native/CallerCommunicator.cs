using FlowEngine.Ranks;

namespace FlowEngine.Native;

/// <summary>Ranks that the caller connects, by functions of its own.</summary>
internal sealed unsafe class CallerCommunicator : ICommunicator
{
    private readonly Communicator _caller;

    /// <param name="caller">A <c>flow_communicator</c>, which is copied.</param>
    /// <exception cref="FlowException">A rank or their number is out of range, or a function is missing.</exception>
    public CallerCommunicator(Communicator* caller)
    {
        Check.Struct(caller, sizeof(Communicator), "communicator");
        _caller = *caller;
        if (!int.IsPow2(Size) || (uint)Rank >= (uint)Size)
        {
            throw Check.Invalid($"communicator has rank {Rank} of {Size}, expected a power of two and a rank below it");
        }

        Check.NotNull(_caller.SendReceive, "communicator.send_receive");
    }

    /// <inheritdoc/>
    public int Rank => _caller.Rank;

    /// <inheritdoc/>
    public int Size => _caller.Size;

    /// <inheritdoc/>
    public void SendReceive(int partner, ReadOnlySpan<byte> sent, Span<byte> received)
    {
        fixed (byte* source = sent, target = received)
        {
            Require(_caller.SendReceive(
                partner, source, (nuint)sent.Length, target, (nuint)received.Length, _caller.User), "send_receive");
        }
    }

    /// <inheritdoc/>
    public void AllReduce(Span<float> values)
    {
        Check.NotNull(_caller.AllReduce, "communicator.all_reduce, which FLOW_REDUCE_FAST needs,");
        fixed (float* pointer = values)
        {
            Require(_caller.AllReduce(pointer, (nuint)values.Length, _caller.User), "all_reduce");
        }
    }

    private static void Require(int result, string function)
    {
        if (result != 0)
        {
            throw new FlowException(
                FlowErrorKind.DeviceFailed, $"the communicator's {function} returned {result}: a rank is lost, or the network failed");
        }
    }
}
