using System.Globalization;
using System.Text;

using FlowEngine.Anomalies;
using FlowEngine.Data;
using FlowEngine.Drawing;
using FlowEngine.Likelihood;

namespace FlowEngine.Cli;

/// <summary>What <c>flow score</c> says of pictures when it asks a detector.</summary>
internal sealed class PictureScores
{
    private readonly AnomalyDetector _detector;
    private readonly PictureFeatures _features;
    private readonly PictureSet _pictures;
    private readonly AnomalyLabels? _labels;
    private readonly AnomalyFindings _found;
    private readonly (int X, int Y)[] _places;

    /// <summary>Scores pictures, one at a time.</summary>
    /// <param name="detector">The detector.</param>
    /// <param name="features">What makes its rows.</param>
    /// <param name="pictures">The pictures.</param>
    /// <param name="labels">Which are anomalies; null where that is not known.</param>
    /// <param name="heatMaps">The folder that gets a heat map of each picture, under its name; null for none.</param>
    /// <exception cref="FlowException">A picture is damaged, or a heat map cannot be written.</exception>
    public PictureScores(
        AnomalyDetector detector, PictureFeatures features, PictureSet pictures, AnomalyLabels? labels, string? heatMaps)
    {
        (_detector, _features, _pictures, _labels) = (detector, features, pictures, labels);
        int count = pictures.Files.Count;
        _found = new AnomalyFindings(new double[count], new double[count], new bool[count]);
        _places = new (int X, int Y)[count];
        for (int i = 0; i < count; i++)
        {
            Image picture = pictures.Read(i);
            AnomalyFindings found = Score(picture, i);
            int highest = Array.IndexOf(found.Scores, found.Scores.Max());
            (_found.Scores[i], _found.PValues[i], _found.IsAnomaly[i]) =
                (found.Scores[highest], found.PValues[highest], found.IsAnomaly[highest]);
            (int rows, int columns) = features.Positions;
            _places[i] = (Middle(highest % columns, columns, picture.Width), Middle(highest / columns, rows, picture.Height));
            if (heatMaps is not null)
            {
                string file = pictures.Files[i];
                string path = Path.Combine(heatMaps, file.EndsWith(".png", StringComparison.OrdinalIgnoreCase) ? file : $"{file}.png");
                DataFile.Guard(path, () => Directory.CreateDirectory(Path.GetDirectoryName(path)!));
                PngImage.Write(path, Map(picture, found.Scores));
            }
        }
    }

    /// <summary>The scores, a line for each picture.</summary>
    public string Csv()
    {
        bool hasPlaces = _features.Settings.IsByPosition;
        StringBuilder csv = new($"picture,score,p_value,is_anomaly{(hasPlaces ? ",x,y" : string.Empty)}\n");
        for (int i = 0; i < _found.Scores.Length; i++)
        {
            csv.Append(CsvWriter.Quoted(_pictures.Files[i]));
            csv.Append(
                CultureInfo.InvariantCulture,
                $",{CsvWriter.Number(_found.Scores[i])},{CsvWriter.Number(_found.PValues[i])},{(_found.IsAnomaly[i] ? 1 : 0)}");
            csv.Append(hasPlaces ? FormattableString.Invariant($",{_places[i].X},{_places[i].Y}") : string.Empty).Append('\n');
        }

        return csv.ToString();
    }

    /// <summary>Lines for people.</summary>
    public string Summary() => DetectorScores.Summary(_detector, "pictures", _found, _labels);

    /// <summary>Writes a page of HTML with the scores and the most anomalous pictures.</summary>
    /// <param name="path">The file.</param>
    /// <param name="decoder">What makes pictures smaller.</param>
    public void WriteReport(string path, IImageDecoder decoder) =>
        PictureReport.Write(path, _detector, _pictures.Name, _pictures.Files, _found, _labels?.IsAnomaly, i =>
        {
            Image picture = _pictures.Read(i);
            Image small = PictureReport.Shrunk(picture, decoder);
            return _features.Settings.IsByPosition ? Map(small, Score(picture, i).Scores) : small;
        });

    private AnomalyFindings Score(Image picture, int index) =>
        _detector.Score(_features.Rows(picture, _pictures.Describe(index)));

    private Image Map(Image picture, double[] scores) =>
        HeatMap.Draw(picture, scores, _features.Positions.Rows, _features.Positions.Columns, _detector.Threshold);

    /// <summary>The pixel in the middle of a position.</summary>
    private static int Middle(int position, int positions, int pixels) => (int)((position + 0.5) * pixels / positions);
}
