using System.Text;

namespace FlowEngine.Cli;

/// <summary>
/// Passes text on until that fails, and is silent from then on: what a command tells people does not end its work. A terminal
/// goes away, a pipe's reader ends, the disk of a log is full.
/// </summary>
/// <param name="target">Where the text goes.</param>
internal sealed class SteadyWriter(TextWriter target) : TextWriter(target.FormatProvider)
{
    private readonly Lock _turn = new();
    private bool _isSilent;

    /// <inheritdoc/>
    public override Encoding Encoding => target.Encoding;

    /// <inheritdoc/>
    public override void Write(char value) => Try(() => target.Write(value));

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Try(() => target.Write(buffer, index, count));

    /// <inheritdoc/>
    public override void Write(string? value) => Try(() => target.Write(value));

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Try(() => target.WriteLine(value));

    /// <inheritdoc/>
    public override void Flush() => Try(target.Flush);

    private void Try(Action write)
    {
        lock (_turn)
        {
            try
            {
                if (!_isSilent)
                {
                    write();
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ObjectDisposedException)
            {
                _isSilent = true;
            }
        }
    }
}
