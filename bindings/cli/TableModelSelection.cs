using System.CommandLine;

using FlowEngine.Architecture;
using FlowEngine.Data;
using FlowEngine.Models;
using FlowEngine.Training;

namespace FlowEngine.Cli;

/// <summary>The model of a table that a command line describes.</summary>
internal sealed class TableModelSelection(TrainOptions options, ParseResult parse)
{
    private const string DefaultKind = "maf";

    // The only one that learns more of a single column than its mean and its deviation.
    private const string KindOfOneColumn = "nsf";

    /// <summary>The options on the command line, before the defaults; the scaling is that of the rows.</summary>
    /// <param name="parts">The training rows, and those whose classes the model knows, too.</param>
    /// <exception cref="FlowException">A size is out of range, or an option does not belong to the kind.</exception>
    public ModelConfig Configure(TableParts parts)
    {
        TableDataset train = parts.Train;
        TableSchema table = Schema(train);
        ModelKind kind = ModelKinds.Get(
            parse.GetValue(options.Model.Kind) ?? (table.Scaling.Dims == 1 ? KindOfOneColumn : DefaultKind));
        if (kind.Data == DataKind.Images)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"--model {kind} is for images, the data are a table: expected maf or another");
        }

        DataShape shape = new(1, 1, table.Scaling.Dims, null);
        TableRecipe recipe = new(train.Count, parts.Validation.Count);
        IModelOptions sizes = options.Model.Create(parse, kind, shape, recipe.Sized(kind.Defaults(shape)));
        if (table.Condition is TableScaling scaling)
        {
            sizes = sizes.WithCondition(new ConditionOptions(scaling.Dims, IsClass: false, options.Into(parse, sizes)));
        }
        else if (CommandOptions.IsGiven(parse, options.Conditional))
        {
            DataClasses classes = Classes(parts);
            table = table with { Classes = classes };
            sizes = sizes.WithCondition(new ConditionOptions(classes.Count, IsClass: true, options.Into(parse, sizes)));
        }

        sizes.Validate();
        return new ModelConfig(sizes, IsInitialized: false, table);
    }

    private static DataClasses Classes(TableParts parts) => DataClasses.Of(
        parts.Train.Labels,
        [.. parts.Validation.Labels ?? [], .. parts.Test.Labels ?? []],
        parts.Train.ClassNames,
        parts.Train.Name);

    private TableSchema Schema(TableDataset train)
    {
        ulong splitSeed = parse.GetValue(options.SplitSeed);
        if (parse.GetValue(options.ConditionColumns) is not string names)
        {
            return new TableSchema(train.Name, TableScaling.Fit(train, Logit()).Treated(train), train.LabelColumn, splitSeed);
        }

        (TableDataset named, TableDataset others) = train.Part(names.Split(','));
        return new TableSchema(train.Name, TableScaling.Fit(others, Logit()).Treated(others), train.LabelColumn, splitSeed)
        {
            Condition = TableScaling.Fit(named, null).Treated(named),
        };
    }

    private LogitTransform? Logit()
    {
        string? bounds = parse.GetValue(options.Bounds);
        if (parse.GetValue(options.Logit) is not double lambda)
        {
            return bounds is null
                ? null
                : throw new FlowException(FlowErrorKind.InvalidArgument, "--bounds is given without --logit");
        }

        double[] ends = NumberLists.Read(parse, options.Bounds, [0.0, 1.0]);
        return ends.Length == 2
            ? new LogitTransform(lambda, ends[0], ends[1])
            : throw new FlowException(
                FlowErrorKind.InvalidArgument, $"--bounds is {bounds}, expected two numbers as in 0,255");
    }
}
