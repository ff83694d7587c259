using System.CommandLine;

using FlowEngine.Architecture;
using FlowEngine.Settings;
using FlowEngine.Training;

namespace FlowEngine.Cli;

/// <summary>The options of a command that say how a model is trained: what <see cref="TrainerOptions"/> describes.</summary>
internal sealed class TrainingFlags
{
    private readonly List<(Option<string?> Option, Setting Setting)> _flags =
    [
        .. TrainerOptions.Settings.Where(setting => setting.Option is not null)
            .Select(setting => (SettingOption.Create(setting, setting.Help, Default(setting)), setting)),
    ];

    /// <summary>Every option.</summary>
    public IEnumerable<Option> All => _flags.Select(flag => flag.Option);

    /// <summary>An option by the name of its description.</summary>
    public Option this[string name] => _flags.First(flag => flag.Setting.Name == name).Option;

    /// <summary>How the command line says to train.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="recipe">What the rows of a table want; null for images.</param>
    /// <param name="model">The model.</param>
    /// <param name="seed">Of everything random.</param>
    /// <exception cref="FlowException">A number is out of range.</exception>
    public TrainerOptions Create(ParseResult parse, TableRecipe? recipe, IModelOptions model, ulong seed)
    {
        TrainerOptions training = TrainerOptions.Default(isContinuous: recipe is not null) with { Seed = seed };
        training = training with { Batch = recipe?.Batch ?? training.Batch };
        if (recipe is null)
        {
            training = ImageRecipe.Of(training, model);
        }
        else if (!TableRecipe.DecayOptions.Any(name => CommandOptions.IsGiven(parse, this[name])))
        {
            training = TableRecipe.Decayed(training, model.Dims);
        }

        foreach ((Option<string?> option, Setting setting) in _flags)
        {
            if (CommandOptions.IsGiven(parse, option))
            {
                training = (TrainerOptions)setting.With(training, SettingOption.Value(parse, option, setting));
            }
        }

        training.Validate();
        return training;
    }

    private static string Default(Setting setting)
    {
        if (setting.DefaultHelp is string text)
        {
            return text;
        }

        TrainerOptions ofImages = TrainerOptions.Default(isContinuous: false);
        TrainerOptions ofTables = TrainerOptions.Default(isContinuous: true);
        string images = setting.Text(setting.Get(ofImages));
        string few = setting.Text(setting.Get(ImageRecipe.OfFewSteps(ofImages)));
        string tables = setting.Text(setting.Get(ofTables));
        string wide = setting.Text(setting.Get(TableRecipe.Decayed(ofTables, int.MaxValue)));
        string glow = images != few ? $"; {few} for a glow of up to {ImageRecipe.MostFewSteps} steps a level" : string.Empty;
        return setting.Name == "batch" ? $"{images}{glow}; tables 32 to {tables} by their rows"
            : tables != wide ? $"{tables}{glow}; {wide} for tables of {TableRecipe.FewestDecayedColumns} columns or more, where none of "
                + $"--{string.Join(", --", TableRecipe.DecayOptions.Select(name => name.Replace('_', '-')))} is given"
            : images == tables ? images
            : $"{images}; tables {tables}";
    }
}
