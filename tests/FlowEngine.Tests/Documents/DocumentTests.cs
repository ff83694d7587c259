using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using FlowEngine.Cli;
using FlowEngine.Tests.KernelCompiler;
using Xunit;

namespace FlowEngine.Tests.Documents;

/// <summary>Links of the documents lead somewhere, and options.md is what the command says of itself.</summary>
public sealed partial class DocumentTests
{
    /// <summary>README, CONTRIBUTING and CHANGELOG, and every page below the folders that have some.</summary>
    public static TheoryData<string> Pages { get; } =
    [
        .. Directory.EnumerateFiles(ProjectFolder.Path(), "*.md")
            .Concat(new[] { "docs", "examples", "kernels", "perf" }
                .SelectMany(folder => Directory.EnumerateFiles(ProjectFolder.Path(folder), "*.md", SearchOption.AllDirectories)))
            .Select(path => Path.GetRelativePath(ProjectFolder.Path(), path).Replace('\\', '/')),
    ];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Links_lead_to_files_and_headings(string page)
    {
        string path = ProjectFolder.Path(page.Split('/'));
        List<string> broken = [];
        foreach (string target in Link().Matches(WithoutCode(File.ReadAllText(path))).Select(match => match.Groups[1].Value))
        {
            if (target.StartsWith("https://", StringComparison.Ordinal))
            {
                continue;
            }

            string[] parts = target.Split('#');
            string file = parts[0].Length == 0
                ? path
                : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, parts[0]));
            if (!Path.Exists(file) || (parts.Length == 2 && !Anchors(file).Contains(parts[1])))
            {
                broken.Add(target);
            }
        }

        Assert.Empty(broken);
    }

    [Fact]
    public void A_broken_link_is_found()
    {
        string text = "[a](b.md#c) `[x](y)` and\n```\n[d](e)\n```\n![f](g.png)";
        Assert.Equal(["b.md#c", "g.png"], Link().Matches(WithoutCode(text)).Select(match => match.Groups[1].Value));
    }

    [Fact]
    public void Every_page_of_docs_is_named_in_README()
    {
        string readme = File.ReadAllText(ProjectFolder.Path("README.md"));
        Assert.All(
            Directory.EnumerateFiles(ProjectFolder.Path("docs"), "*.md").Select(Path.GetFileName),
            page => Assert.Contains($"(docs/{page})", readme, StringComparison.Ordinal));
        Assert.InRange(readme.Count(c => c == '\n'), 1, 150);
    }

    // UPDATE_DOCUMENTS=1 writes the page.
    [Fact]
    public void The_page_of_options_is_what_the_command_says()
    {
        StringBuilder text = new("# Options of the flow command\n\nThis page is made from `flow COMMAND --help`.\n");
        foreach (string command in CommandName().Matches(Help().Split("Commands:")[1]).Select(match => match.Groups[1].Value))
        {
            text.Append("\n## flow ").Append(command).Append("\n\n```text\n").Append(Help(command)).Append("\n```\n");
        }

        string page = ProjectFolder.Path("docs", "options.md");
        if (Environment.GetEnvironmentVariable("UPDATE_DOCUMENTS") == "1")
        {
            File.WriteAllText(page, text.ToString());
        }

        Assert.Equal(text.ToString(), File.ReadAllText(page), ignoreLineEndingDifferences: true);
    }

    // In a process of its own: other tests register kinds of models in this one, which then have options, too.
    private static string Help(params string[] command)
    {
        using Process process = Process.Start(new ProcessStartInfo(
            "dotnet", [typeof(FlowCommand).Assembly.Location, .. command, "--help"])
        {
            RedirectStandardOutput = true,
        })!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return text.ReplaceLineEndings("\n").Trim();
    }

    private static HashSet<string> Anchors(string file) =>
        [.. File.ReadLines(file).Where(line => line.StartsWith('#')).Select(line =>
            NoAnchor().Replace(line.TrimStart('#').Trim().ToLowerInvariant(), string.Empty).Replace(' ', '-'))];

    private static string WithoutCode(string text) => Code().Replace(text, string.Empty);

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("(?s)```.*?```|`[^`\n]*`")]
    private static partial Regex Code();

    [GeneratedRegex("[^a-z0-9 _-]")]
    private static partial Regex NoAnchor();

    [GeneratedRegex("(?m)^  ([a-z0-9]+) .*$")]
    private static partial Regex CommandName();
}
