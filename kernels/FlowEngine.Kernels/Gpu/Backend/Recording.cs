namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    private bool _isCapturing;

    /// <summary>
    /// Whether recordings become graphs: where a launch of one is one call of the driver. Else they run as they are called.
    /// </summary>
    internal bool Captures { get; set; }

    /// <inheritdoc/>
    public IRecording Record(Action operations) => new GpuRecording(this, operations);

    /// <summary>
    /// The first run queues the operations, which loads their kernels and sizes their scratch memory; the second captures
    /// them; from then on they are launched as one.
    /// </summary>
    private sealed class GpuRecording(GpuBackend backend, Action operations) : IRecording
    {
        private GpuGraph? _graph;
        private bool _hasRun;

        public void Run()
        {
            // No other thread's work gets into the capture.
            using Lock.Scope queue = backend._queue.EnterScope();
            if (backend._isCapturing || !backend.Captures || !_hasRun)
            {
                operations();
                _hasRun = true;
                return;
            }

            _graph ??= Capture();
            backend._stream.Launch(_graph);
        }

        public void Dispose() => _graph?.Dispose();

        private GpuGraph Capture()
        {
            backend._stream.BeginCapture();
            backend._isCapturing = true;
            try
            {
                operations();
            }
            catch
            {
                Abandon();
                throw;
            }
            finally
            {
                backend._isCapturing = false;
            }

            return backend._stream.EndCapture();
        }

        // What failed is the operation; that the driver has nothing to give back either is no news.
        private void Abandon()
        {
            try
            {
                backend._stream.EndCapture().Dispose();
            }
            catch (GpuException)
            {
            }
        }
    }
}
