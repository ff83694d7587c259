using System.CommandLine;

using FlowEngine.Architecture;
using FlowEngine.Settings;
using FlowEngine.Training;

namespace FlowEngine.Cli;

/// <summary>The options of a command that describe a model: what the kinds of models say of themselves.</summary>
internal sealed class ModelFlags
{
    private readonly List<(Option<string?> Option, IReadOnlyList<ModelKind> Kinds)> _flags = [];

    /// <summary>The options of all kinds.</summary>
    /// <param name="sizes">The sizes that an option replaces; null for a kind's defaults by the data.</param>
    public ModelFlags(Func<ModelKind, IModelOptions>? sizes = null)
    {
        IEnumerable<IGrouping<string, (ModelKind Kind, Setting Setting)>> groups = ModelKinds.All
            .SelectMany(kind => kind.Settings.Select(setting => (Kind: kind, Setting: setting)))
            .Where(one => one.Setting is { IsOfData: false, Option: not null })
            .GroupBy(one => one.Setting.Option!);
        foreach (IGrouping<string, (ModelKind Kind, Setting Setting)> group in groups)
        {
            string help = string.Join(
                "; ", group.GroupBy(one => one.Setting.Help).Select(same => $"{Names(same)}: {same.Key}"));
            Setting first = group.First().Setting;
            string[] defaults = [.. group
                .GroupBy(one => sizes is null && one.Setting.DefaultHelp is string text
                    ? text
                    : one.Setting.Text(one.Setting.Get((sizes ?? Defaults)(one.Kind))))
                .Select(same => $"{Names(same)} {same.Key}")];
            string only = (defaults.Length == 1 ? defaults[0][(Names(group).Length + 1)..] : string.Join("; ", defaults))
                + (sizes is null && TableRecipe.Sizes.Contains(first.Name) ? "; of tables by their rows" : string.Empty);
            _flags.Add((SettingOption.Create(first, help, only), [.. group.Select(one => one.Kind)]));
        }

        static IModelOptions Defaults(ModelKind kind) => kind.Defaults(kind.Example);
        static string Names(IEnumerable<(ModelKind Kind, Setting Setting)> ones) =>
            string.Join(", ", ones.Select(one => one.Kind.Name));
    }

    /// <summary>The option that names the kind.</summary>
    public Option<string?> Kind { get; } = CommandOptions.Choice(
        "--model",
        "The model; all but " + string.Join(
            " and ", ModelKinds.All.Where(kind => kind.Data == DataKind.Images).Select(kind => kind.Name))
            + " take an image as one vector [default: that of --init, else glow, of tables maf]",
        ModelKinds.Names);

    /// <summary>Every option.</summary>
    public IEnumerable<Option> All => [Kind, .. _flags.Select(flag => flag.Option)];

    /// <summary>The model of a command line: its options, before those of another model, before the defaults.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="kind">The kind.</param>
    /// <param name="shape">The data.</param>
    /// <param name="from">A model of the same kind to start from; null for none.</param>
    /// <exception cref="FlowException">The kind does not have an option that was given; the message names the kinds that do.</exception>
    public IModelOptions Create(ParseResult parse, ModelKind kind, DataShape shape, IModelOptions? from)
    {
        Dictionary<string, object?> given = [];
        foreach ((Option<string?> option, IReadOnlyList<ModelKind> kinds) in _flags)
        {
            if (!CommandOptions.IsGiven(parse, option))
            {
                continue;
            }

            RequireFits(option, kinds, kind);
            Setting setting = kind.Settings.First(setting => setting.Option == option.Name);
            given[setting.Name] = SettingOption.Value(parse, option, setting);
        }

        return kind.Create(shape, given, from);
    }

    /// <summary>Refuses an option that is of other kinds.</summary>
    public static void RequireFits(Option option, IEnumerable<ModelKind> kinds, ModelKind kind)
    {
        if (!kinds.Contains(kind))
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"{option.Name} is of --model {string.Join(", ", kinds)}, and the model is {kind}");
        }
    }
}
