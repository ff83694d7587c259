using System.Diagnostics;
using System.Text;
using FlowEngine.Data;
using Xunit;

namespace FlowEngine.Tests.Documents;

/// <summary>Pages as Chromium shows them; tests are skipped where it is missing.</summary>
internal static class Chromium
{
    private const int MostMilliseconds = 60_000;

    private static readonly string? _program = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
        .Split(Path.PathSeparator)
        .SelectMany(folder => new[] { "chromium", "chromium-browser", "google-chrome" }.Select(name => Path.Combine(folder, name)))
        .FirstOrDefault(File.Exists);

    /// <summary>Shows a page.</summary>
    /// <param name="page">The file.</param>
    /// <param name="folder">Where the browser keeps what it writes.</param>
    /// <param name="isDark">What its reader prefers.</param>
    /// <param name="width">Of the window; 500 at least.</param>
    /// <param name="height">Of the window.</param>
    /// <returns>The picture, and what the page said on its console.</returns>
    public static (Image Picture, string[] Console) Show(string page, string folder, bool isDark, int width, int height)
    {
        Assert.SkipUnless(_program is not null, "there is no chromium");
        string picture = Path.Combine(folder, "page.png");
        ProcessStartInfo start = new(_program)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            StandardErrorEncoding = Encoding.UTF8,
        };
        string[] arguments =
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--enable-logging=stderr", $"--window-size={width},{height}",
            $"--user-data-dir={Path.Combine(folder, "profile")}", $"--screenshot={picture}",
            $"--blink-settings=preferredColorScheme={(isDark ? 0 : 1)}", new Uri(page).AbsoluteUri,
        ];
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        if (!process.WaitForExit(MostMilliseconds))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"chromium was not done after {MostMilliseconds / 1000} s");
        }

        string said = error.Result + output.Result;
        Assert.True(File.Exists(picture), said);
        Image image = PngImage.Read(picture);
        File.Delete(picture);
        return (image, [.. said.Split('\n').Where(line => line.Contains("CONSOLE", StringComparison.Ordinal))]);
    }
}
