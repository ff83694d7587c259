using FlowEngine.Anomalies;
using FlowEngine.Data;
using FlowEngine.Drawing;

namespace FlowEngine.Cli;

/// <summary>Writes what a detector finds of pictures as a page of HTML, nothing outside the file.</summary>
internal static class PictureReport
{
    private const int MostPictures = 20;
    private const int LongestSide = 320;
    private const string Unit = "pictures";

    private const string Style = ".cells { grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)); }\n";

    /// <summary>Writes a report.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="detector">The detector.</param>
    /// <param name="name">The name of the set.</param>
    /// <param name="files">The names of its pictures.</param>
    /// <param name="found">What the detector found of them.</param>
    /// <param name="isAnomaly">Which of them are anomalies; null where that is not known.</param>
    /// <param name="draw">Draws a picture.</param>
    public static void Write(
        string path,
        AnomalyDetector detector,
        string name,
        IReadOnlyList<string> files,
        AnomalyFindings found,
        bool[]? isAnomaly,
        Func<int, Image> draw)
    {
        HtmlPage page = new($"Anomalies in {name}", Style + AnomalyCharts.Style);
        AnomalyCharts.AppendSummary(page, detector, found, isAnomaly, Unit);
        AnomalyCharts.AppendScores(page, detector, found.Scores, isAnomaly, Unit);
        page.Heading("The most anomalous pictures");
        if (detector.Network!.IsByPosition)
        {
            page.Append(
                "<p>Colors are the scores of positions, from 0, dark violet, to twice the threshold and more, yellow. A white line "
                + "surrounds what is above the threshold.</p>\n");
        }

        page.Append("<div class=\"cells\">\n");
        foreach (int i in Enumerable.Range(0, files.Count).OrderByDescending(i => found.Scores[i]).Take(MostPictures))
        {
            string label = isAnomaly is null ? string.Empty : isAnomaly[i] ? ", labelled an anomaly" : ", labelled normal";
            page.Append(HtmlPage.Invariant(
                $"<figure><figcaption>{HtmlPage.Text(files[i])}<br>score {found.Scores[i]:0.000} <small>p-value {found.PValues[i]:0.0000}{label}</small></figcaption>"));
            page.Append($"<img alt=\"\" src=\"data:image/png;base64,{Convert.ToBase64String(PngImage.Encode(draw(i)))}\"></figure>\n");
        }

        page.Append("</div>\n");
        AnomalyCharts.AppendDetector(page, detector, Unit);
        page.Write(path);
    }

    /// <summary>A picture as a page shows it.</summary>
    /// <param name="picture">Of any size.</param>
    /// <param name="decoder">What resizes it.</param>
    public static Image Shrunk(Image picture, IImageDecoder decoder)
    {
        double factor = (double)LongestSide / Math.Max(picture.Height, picture.Width);
        return factor >= 1
            ? picture
            : decoder.Resize(picture, Math.Max(1, (int)(picture.Height * factor)), Math.Max(1, (int)(picture.Width * factor)));
    }
}
