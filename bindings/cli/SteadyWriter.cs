using System.Diagnostics;
using System.Text;

namespace FlowEngine.Cli;

/// <summary>
/// Passes text on until that fails, and is silent from then on: what a command tells people does not end its work. A terminal
/// goes away, a pipe's reader ends, the disk of a log is full.
/// </summary>
/// <param name="target">Where the text goes.</param>
internal sealed class SteadyWriter(TextWriter target) : TextWriter(target.FormatProvider)
{
    // To the first column, and nothing in the line.
    private const string Erase = "\r\e[2K";

    private readonly Lock _turn = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private bool _isSilent;
    private bool _isShowing;

    /// <summary>How long a terminal is told nothing of what a command does; null for ever, and where there is no terminal.</summary>
    public TimeSpan? Patience { get; init; }

    /// <summary>The time since it began.</summary>
    public TimeSpan Age => Stopwatch.GetElapsedTime(_start);

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

    /// <summary>Shows a line on a terminal, in the place of the one before, until other text comes.</summary>
    /// <param name="line">The line; null for none.</param>
    public void ShowForNow(string? line)
    {
        lock (_turn)
        {
            if (line is not null || _isShowing)
            {
                Try(() => target.Write(line));
                Try(target.Flush);
                _isShowing = line is not null;
            }
        }
    }

    private void Try(Action write)
    {
        lock (_turn)
        {
            try
            {
                if (!_isSilent && _isShowing)
                {
                    _isShowing = false;
                    target.Write(Erase);
                }

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
