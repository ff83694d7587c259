using FlowEngine.Data;
using FlowEngine.Models;

namespace FlowEngine.Likelihood;

/// <summary>
/// The integral of a model's density over a rectangle: 1 if the density is one and little of it lies outside.
/// </summary>
public static class GridIntegral
{
    /// <summary>Integrates by the midpoint rule.</summary>
    /// <param name="model">A model of two columns.</param>
    /// <param name="x">The range of the first column.</param>
    /// <param name="y">The range of the second column.</param>
    /// <param name="cells">Cells along each side.</param>
    /// <exception cref="FlowException">The model is not of a table of two columns.</exception>
    public static double Run(Model model, (double Low, double High) x, (double Low, double High) y, int cells)
    {
        TableScaling scaling = model.Config.Data is TableSchema { Scaling: { Dims: 2, Columns.Count: 2 } two }
            ? two
            : throw new FlowException(FlowErrorKind.InvalidArgument, "the model is not of a table of two columns");
        double width = (x.High - x.Low) / cells;
        double height = (y.High - y.Low) / cells;
        double sum = 0;
        for (int row = 0; row < cells; row++)
        {
            double middle = y.Low + (row + 0.5) * height;
            TableDataset points = new("grid", ["x", "y"], [.. Enumerable.Range(0, cells).Select(
                i => (double[])[x.Low + (i + 0.5) * width, middle])]);
            sum += Evaluation.LogProb(model, scaling.Apply(points)).Sum(Math.Exp);
        }

        return sum * width * height;
    }
}
