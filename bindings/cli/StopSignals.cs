using System.Runtime.InteropServices;

namespace FlowEngine.Cli;

/// <summary>
/// Turns Ctrl-C, SIGTERM and SIGHUP into a request to stop. A second Ctrl-C or SIGTERM ends the process as usual; of a terminal
/// that goes away both the shell and the kernel may tell.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;
    private readonly PosixSignalRegistration _hangUp;
    private bool _wasAsked;

    public StopSignals()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, HandleRequest);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, HandleRequest);
        _hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
    }

    public CancellationToken Token => _stop.Token;

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _hangUp.Dispose();
        _stop.Dispose();
    }

    private void HandleRequest(PosixSignalContext context)
    {
        Stop(context);
        context.Cancel = !_wasAsked;
        _wasAsked = true;
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        _stop.Cancel();
    }
}
