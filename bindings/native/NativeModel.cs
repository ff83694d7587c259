using System.Diagnostics.CodeAnalysis;

using FlowEngine.Models;

namespace FlowEngine.Native;

/// <summary>A <c>flow_model</c>.</summary>
internal sealed class NativeModel : IDisposable, INamedHandle
{
    private readonly SharedDevice _device;

    /// <summary>Takes over a model and a use of its device.</summary>
    public NativeModel(Model model, SharedDevice device) => (Model, _device) = (model, device);

    /// <inheritdoc/>
    public static string HandleName => "model";

    /// <summary>The model.</summary>
    public Model Model { get; }

    /// <summary>Where it runs.</summary>
    public SharedDevice Device => _device;

    /// <summary>Makes a handle on a device that is opened for it.</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "The table of handles owns it.")]
    public static unsafe nint Open(DeviceOptions* options, Func<SharedDevice, Model> make)
    {
        SharedDevice device = SharedDevice.Open(options);
        try
        {
            return HandleTable.Add(new NativeModel(make(device), device));
        }
        catch
        {
            device.Close();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Model.Dispose();
        _device.Close();
    }
}
