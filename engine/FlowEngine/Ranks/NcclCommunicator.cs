using System.Diagnostics.CodeAnalysis;
using System.Globalization;

using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Ranks;

/// <summary>The processes of torchrun, each with a CUDA device: NCCL carries what they say, and no MPI is needed.</summary>
/// <remarks>
/// They meet where NCCL_COMM_ID says, or at the port behind that of the launcher's MASTER_ADDR and MASTER_PORT. Everything waits on
/// the device, so a thread beside it looks whether the others are still there, and lets the device go where they are not.
/// </remarks>
public sealed class NcclCommunicator : ICommunicator, IDisposable
{
    private const int MillisecondsBetweenLooks = 200;
    private const string PatienceVariable = "FLOWENGINE_NCCL_TIMEOUT";

    private readonly GpuDevice? _device;
    private readonly Thread _watching;
    private readonly ManualResetEventSlim _isOver = new();
    private RankWatch? _neighbors;

    /// <summary>Joins the other ranks.</summary>
    /// <param name="group">The devices; this owns them.</param>
    /// <param name="device">This rank's, where it is to be disposed, too.</param>
    /// <param name="rank">This rank.</param>
    /// <param name="size">Their number.</param>
    internal NcclCommunicator(GpuGroup group, GpuDevice? device, int rank, int size)
    {
        (Group, _device, Rank, Size) = (group, device, rank, size);
        _watching = new Thread(Watch) { IsBackground = true, Name = "flow looks after ranks" };
        _watching.Start();
        try
        {
            _neighbors = new RankWatch(this);
        }
        catch
        {
            Abort();
            throw;
        }
    }

    /// <inheritdoc/>
    public int Rank { get; }

    /// <inheritdoc/>
    public int Size { get; }

    /// <summary>The devices of the ranks.</summary>
    internal GpuGroup Group { get; }

    /// <summary>Joins the ranks that a launcher started.</summary>
    /// <param name="launch">This process's place.</param>
    /// <param name="device">Its device, as in cuda:0; no other rank has it.</param>
    /// <exception cref="FlowException">There is no such device or no NCCL, the number of ranks is no power of two, nobody says where
    /// they meet, or another rank does not come.</exception>
    [SuppressMessage("Reliability", "CA2000", Justification = "The communicator owns the device and the group.")]
    public static NcclCommunicator Join(Launch launch, string device)
    {
        if (!device.StartsWith("cuda", StringComparison.Ordinal))
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"ranks without MPI need a CUDA device each, and the device is {device}: add --device cuda, or start with mpirun or "
                + "srun, which bring MPI");
        }

        if (!int.IsPow2(launch.Size))
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, $"{launch.Size} ranks were started, expected a power of two");
        }

        string place = Place(Environment.GetEnvironmentVariable);
        TimeSpan patience = Patience(Environment.GetEnvironmentVariable(PatienceVariable));
        GpuDevice? opened = null;
        try
        {
            opened = GpuDevices.Open(device);
            return new NcclCommunicator(
                GpuGroup.Meet(opened, place, launch.Rank, launch.Size, patience), opened, launch.Rank, launch.Size);
        }
        catch (Exception error) when (error is GpuException or FlowException)
        {
            opened?.Dispose();
            throw error as FlowException ?? Lost((GpuException)error);
        }
    }

    /// <inheritdoc/>
    public void SendReceive(int partner, ReadOnlySpan<byte> sent, Span<byte> received)
    {
        try
        {
            Group.SendReceive(partner, sent, received);
        }
        catch (GpuException error)
        {
            throw Lost(error);
        }
    }

    /// <inheritdoc/>
    public void AllReduce(Span<float> values)
    {
        try
        {
            Group.AllReduce(values);
        }
        catch (GpuException error)
        {
            throw Lost(error);
        }
    }

    /// <summary>Leaves at once, where this rank cannot go on.</summary>
    public void Abort()
    {
        _isOver.Set();
        _watching.Join();
        Group.Abort("this rank has left the others");
    }

    /// <summary>Leaves, once all ranks do.</summary>
    public void Dispose()
    {
        // From here on a rank that is gone has left.
        _neighbors = null;
        try
        {
            this.Gather(0, new int[Size]);
        }
        catch (FlowException)
        {
            // Nobody is there to wait for.
            Abort();
        }

        _isOver.Set();
        _watching.Join();
        _isOver.Dispose();
        Group.Dispose();
        _device?.Dispose();
    }

    /// <summary>Where the ranks meet, by the variables of a launcher.</summary>
    /// <param name="variable">From a name to a value, or null.</param>
    internal static string Place(Func<string, string?> variable)
    {
        if (variable("NCCL_COMM_ID") is { Length: > 0 } place)
        {
            return place;
        }

        string? host = variable("MASTER_ADDR");
        return host is { Length: > 0 }
            && int.TryParse(variable("MASTER_PORT"), NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            && port is > 0 and < ushort.MaxValue
            ? $"{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port + 1}"
            : throw new FlowException(
                FlowErrorKind.InvalidArgument,
                "MASTER_ADDR and MASTER_PORT do not say where the ranks meet: expected a host and a port below 65535, as torchrun "
                + "sets them, or host:port in NCCL_COMM_ID");
    }

    private static TimeSpan Patience(string? seconds) => seconds is null or "" ? GpuGroup.DefaultPatience
        : int.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value > 0
            ? TimeSpan.FromSeconds(value)
            : throw new FlowException(
                FlowErrorKind.InvalidArgument, $"{PatienceVariable} is {seconds}, expected seconds, 1 or more");

    private static FlowException Lost(GpuException error) => new(
        error.Kind == GpuErrorKind.NoDevice ? FlowErrorKind.NoDevice : FlowErrorKind.DeviceFailed, error.Message, error);

    private void Watch()
    {
        while (!_isOver.Wait(MillisecondsBetweenLooks))
        {
            try
            {
                _neighbors?.Look();
                Group.Look();
            }
            catch (Exception error) when (error is FlowException or GpuException)
            {
                Group.Abort(error.Message);
                return;
            }
        }
    }
}
