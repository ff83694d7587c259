using FlowEngine.Data;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Tests.Cli;
using Xunit;

namespace FlowEngine.Tests.Documents;

/// <summary>The pages that runs leave, as a browser shows them.</summary>
public sealed class ReportPageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_report_of_images_shows_curves_and_pictures_in_light_and_dark()
    {
        string run = CommandRun.Train(_folder, "run", "--samples", "1600");
        string page = Path.Combine(run, "report.html");

        (Image light, string[] said) = Chromium.Show(page, _folder.File("light"), isDark: false, 1200, 1600);
        Assert.Empty(said);
        Assert.Equal((255, 255, 255), At(light, 2));
        Assert.True(Count(light, (0x2f, 0x62, 0xb5)) > 300, "no curves of training");
        Assert.True(Count(light, (0xc2, 0x54, 0x1b)) > 100, "no curve of held-out images");
        Assert.True(Colors(light) > 60, "no pictures");

        (Image dark, said) = Chromium.Show(page, _folder.File("dark"), isDark: true, 1200, 1600);
        Assert.Empty(said);
        Assert.Equal((0x15, 0x17, 0x1b), At(dark, 2));
        Assert.True(Count(dark, (0x82, 0xaa, 0xf0)) > 300, "no curves of training");
    }

    [Fact]
    public void A_report_of_a_table_fits_a_narrow_window()
    {
        string table = _folder.File("table.csv");
        File.WriteAllLines(table, ["width,<b>&height", .. Enumerable.Range(0, 300).Select(i => $"{i * 37 % 101},{i * 53 % 89}")]);
        string run = _folder.File("run");
        CommandRun.Succeed(
            "train", "--data", table, "--model", "maf", "--blocks", "1", "--hidden", "8", "--epochs", "8", "--threads", "1", "--out", run);

        string html = File.ReadAllText(Path.Combine(run, "report.html"));
        Assert.Contains("&lt;b&gt;&amp;height (gap ", html, StringComparison.Ordinal);
        (Image shown, string[] said) = Chromium.Show(Path.Combine(run, "report.html"), _folder.File("narrow"), isDark: false, 500, 2400);
        Assert.Empty(said);
        Assert.True(Count(shown, (0x2f, 0x62, 0xb5)) > 300, "no curves of training");

        // What is too wide would be cut off at the edge.
        Assert.All(Enumerable.Range(0, shown.Height), y => Assert.Equal((255, 255, 255), At(shown, (y * shown.Width) + shown.Width - 3)));
    }

    [Fact]
    public void What_a_page_does_wrong_is_seen()
    {
        string page = _folder.File("wrong.html");
        File.WriteAllText(page, "<script>missing()</script>");
        (Image blank, string[] said) = Chromium.Show(page, _folder.File("profile"), isDark: false, 500, 500);
        Assert.Contains("missing is not defined", Assert.Single(said), StringComparison.Ordinal);
        Assert.Equal(1, Colors(blank));
    }

    private static (int Red, int Green, int Blue) At(Image image, int pixel) => (
        image.Pixels[pixel * image.Channels], image.Pixels[(pixel * image.Channels) + (image.Channels / 2)],
        image.Pixels[((pixel + 1) * image.Channels) - 1]);

    private static int Count(Image image, (int Red, int Green, int Blue) color) =>
        Enumerable.Range(0, image.Height * image.Width).Count(pixel => At(image, pixel) == color);

    private static int Colors(Image image) =>
        Enumerable.Range(0, image.Height * image.Width).Select(pixel => At(image, pixel)).Distinct().Count();
}
