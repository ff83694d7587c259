using System.CommandLine;

using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Cli;

/// <summary>The <c>flow</c> command: its parts, and what becomes of errors.</summary>
/// <remarks>Exit codes: 0 success, 1 failure, 2 wrong usage or bad input. An error is one line.</remarks>
internal static class FlowCommand
{
    private const int Failure = 1;
    private const int BadInput = 2;

    /// <summary>Runs the command in this process.</summary>
    /// <param name="args">Its arguments.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="error">Standard error.</param>
    /// <param name="patience">How long a terminal is told nothing of what the command does; null where there is no terminal.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string[] args, TextWriter output, TextWriter error, TimeSpan? patience = null)
    {
        using SteadyWriter told = new(error) { Patience = patience };
        int code = Try(args, output, told);
        JoinedRanks.Leave(code);
        return code;
    }

    private static int Try(string[] args, TextWriter output, TextWriter error)
    {
        try
        {
            // A name that begins with @ is a name: no response files.
            ParseResult parse = Build().Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
            return parse.Errors.Count > 0
                ? Report(error, $"{UsageError(parse)} (see flow --help)", BadInput)
                : parse.Invoke(new InvocationConfiguration
                {
                    Output = output,
                    Error = error,
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = null,
                });
        }
        catch (Exception exception) when (!WantsStackTrace(exception, error))
        {
            return exception switch
            {
                // The rank that has the reason says it.
                FlowException { Kind: FlowErrorKind.Cancelled } => BadInput,
                FlowException { Kind: FlowErrorKind.Internal or FlowErrorKind.OutOfMemory or FlowErrorKind.DeviceFailed } =>
                    Report(error, exception.Message, Failure),
                FlowException { Kind: FlowErrorKind.Io } when IsOfTheMachine(exception.InnerException) =>
                    Report(error, exception.Message, Failure),
                FlowException => Report(error, exception.Message, BadInput),
                GpuException { Kind: GpuErrorKind.NoDevice } => Report(error, exception.Message, BadInput),
                GpuException => Report(error, exception.Message, Failure),
                OutOfMemoryException => Report(error, "there is not enough memory", Failure),
                IOException or UnauthorizedAccessException => Report(error, $"the output cannot be written: {exception.Message}", Failure),
                _ => Report(
                    error, $"internal error: {exception.Message} (FLOW_DEBUG=1 shows where)", Failure),
            };
        }
    }

    /// <summary>True for a full disk, a failed read or refused permission, false for a path that leads to nothing.</summary>
    /// <remarks>.NET calls a file that is too large for its disk, or for the limit of the process, an argument.</remarks>
    private static bool IsOfTheMachine(Exception? cause) => cause is UnauthorizedAccessException or ArgumentOutOfRangeException
        or (IOException and not (FileNotFoundException or DirectoryNotFoundException or PathTooLongException));

    private static RootCommand Build()
    {
        RootCommand root = new("Trains and runs normalizing flows: exact likelihoods of images and tables, and samples.");
        root.Subcommands.Add(TrainCommand.Build());
        root.Subcommands.Add(EvalCommand.Build());
        root.Subcommands.Add(SampleCommand.Build());
        root.Subcommands.Add(DetectCommand.Build());
        root.Subcommands.Add(ScoreCommand.Build());
        root.Subcommands.Add(InterpolateCommand.Build());
        root.Subcommands.Add(EditCommand.Build());
        root.Subcommands.Add(StyleCommand.Build());
        root.Subcommands.Add(Density2dCommand.Build());
        root.Subcommands.Add(PrepareCommand.Build());
        root.Subcommands.Add(CompressCommand.Build());
        root.Subcommands.Add(DecompressCommand.Build());
        root.Subcommands.Add(InfoCommand.Build());
        root.Subcommands.Add(ImportCommand.Build());
        root.Subcommands.Add(ExportCommand.Build());
        root.Subcommands.Add(BenchCommand.Build());
        root.Subcommands.Add(DevicesCommand.Build());
        root.Subcommands.Add(SelfTestCommand.Build());
        return root;
    }

    /// <summary>A word that fits nowhere is worth more than what is missing because of it.</summary>
    private static string UsageError(ParseResult parse) => parse.UnmatchedTokens.Count > 0
        ? $"there is no command or option {parse.UnmatchedTokens[0]}"
        : parse.Errors[0].Message.TrimEnd('.');

    private static int Report(TextWriter error, string message, int code)
    {
        error.WriteLine($"flow: {PrintableText.OneLine(message)}");
        return code;
    }

    /// <summary>Prints the whole exception where asked to; the one line and the exit code come in any case.</summary>
    private static bool WantsStackTrace(Exception exception, TextWriter error)
    {
        if (Environment.GetEnvironmentVariable("FLOW_DEBUG") == "1")
        {
            error.WriteLine(exception);
        }

        return false;
    }
}
