using FlowEngine.Data;

namespace FlowEngine.Drawing;

/// <summary>Lays images out in rows and columns that say what they are.</summary>
public static class LabeledGrid
{
    private const int LeastCell = 96;
    private const int Margin = 4;
    private const int LargeLetters = 2;

    /// <summary>Composes images row by row, with a title over each column and before each row.</summary>
    /// <param name="images">At least one image, of 1 to 4 channels; alpha, the last of 2 or 4, is dropped.</param>
    /// <param name="columns">The titles of the columns, at least one.</param>
    /// <param name="rows">The titles of the rows.</param>
    /// <returns>The picture, of 3 channels; small images enlarged by a whole factor to 96 pixels.</returns>
    /// <exception cref="FlowException">There is no image or no column, or a channel count is above 4.</exception>
    public static Image Compose(ImageDataset images, IReadOnlyList<string> columns, IReadOnlyList<string> rows)
    {
        Image grid = ImageGrid.Compose(images, columns.Count, LeastCell);
        int cellWidth = (grid.Width - ImageGrid.Gap) / Math.Min(columns.Count, images.Count);
        int cellHeight = (grid.Height - ImageGrid.Gap) / Math.Max(1, rows.Count);
        int scale = columns.All(title => Width(title, LargeLetters) <= cellWidth) ? LargeLetters : 1;
        int left = rows.Select(title => Width(title, scale)).DefaultIfEmpty(0).Max() + (2 * Margin);
        int top = (PixelFont.Height * scale) + (2 * Margin);
        Canvas canvas = new(left + grid.Width, top + grid.Height);
        canvas.Draw(grid, left, top);
        for (int i = 0; i < columns.Count; i++)
        {
            canvas.Text(columns[i], left + (i * cellWidth) + (cellWidth / 2), Margin, anchor: 0.5, scale);
        }

        for (int i = 0; i < rows.Count; i++)
        {
            int middle = top + (i * cellHeight) + ((cellHeight - (PixelFont.Height * scale)) / 2);
            canvas.Text(rows[i], left - Margin, middle, anchor: 1, scale);
        }

        return canvas.ToImage();
    }

    private static int Width(string text, int scale) => text.Length * (PixelFont.Width + 1) * scale;
}
