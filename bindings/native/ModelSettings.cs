using System.Runtime.InteropServices;

using FlowEngine.Architecture;
using FlowEngine.Models;
using FlowEngine.Settings;

namespace FlowEngine.Native;

/// <summary>The sizes and choices of a model in <c>flow_model_options</c> and <c>flow_model_info</c>.</summary>
internal static unsafe class ModelSettings
{
    /// <summary>How many fields both structs begin with, after their size.</summary>
    public const int Count = 14;

    /// <summary>The fields, by the names of their descriptions.</summary>
    private static readonly string[] _names =
    [
        "height", "width", "channels", "bins", "levels", "steps", "blocks", "hidden", "hidden_layers", "coupling", "preset",
        "mixing", "batch_norm", "prior",
    ];

    /// <summary>Fills the gaps in the sizes of a model with the defaults of its kind.</summary>
    /// <param name="name">The kind.</param>
    /// <param name="options">The sizes that were given; 0 is a gap.</param>
    /// <exception cref="FlowException">The kind, the option or the choice does not exist.</exception>
    public static IModelOptions Complete(string name, ModelOptions options)
    {
        ModelKind kind = ModelKinds.Get(name);
        Span<int> fields = new(options.Settings, Count);
        int least = kind.Data == DataKind.Vectors ? 1 : 0;
        DataShape shape = new(
            fields[0] == 0 ? least : fields[0],
            fields[1] == 0 ? least : fields[1],
            fields[2],
            fields[3] == 0 ? null : fields[3]);
        Dictionary<string, object?> given = [];
        for (int i = 4; i < Count; i++)
        {
            if (fields[i] != 0)
            {
                given[_names[i]] = kind.Find(_names[i]).ReadNative(MemoryMarshal.AsBytes(fields.Slice(i, 1)));
            }
        }

        IModelOptions sizes = kind.Create(shape, given);
        return sizes.WithCondition(Condition(options, kind.ConditionInto(sizes)));
    }

    /// <summary>The sizes of a model, as C reads them.</summary>
    public static void Describe(Model model, ref ModelInfo info)
    {
        IModelOptions options = model.Config.Options;
        fixed (int* settings = info.Settings)
        {
            Span<int> fields = new(settings, Count);
            foreach (Setting setting in options.Kind.Settings)
            {
                int index = Array.IndexOf(_names, setting.Name);
                if (index >= 0)
                {
                    setting.WriteNative(setting.Get(options), MemoryMarshal.AsBytes(fields.Slice(index, 1)));
                }
            }

            // Of a kind without levels, too: its latents leave at one.
            fields[Array.IndexOf(_names, "levels")] = model.Flow.Levels.Count;
        }

        if (options.Condition is ConditionOptions condition)
        {
            info.Classes = condition.IsClass ? condition.Length : 0;
            info.ConditionColumns = condition.IsClass ? 0 : condition.Length;
            Span<int> into = new(ref info.ConditionInto);
            ConditionOptions.IntoSetting.WriteNative(condition.Into, MemoryMarshal.AsBytes(into));
            info.ConditionInto++;
        }
    }

    private static ConditionOptions? Condition(in ModelOptions options, ConditionInto otherwise)
    {
        // 0 is the default of the kind.
        Check.Choice("options.condition_into", options.ConditionInto, 1 + ConditionOptions.IntoSetting.Names.Count);
        if (options.Classes != 0 && options.ConditionColumns != 0)
        {
            throw Check.Invalid(
                $"options.classes is {options.Classes} and options.condition_columns {options.ConditionColumns}: expected "
                + "one of them");
        }

        int length = options.Classes + options.ConditionColumns;
        if (length == 0)
        {
            return null;
        }

        ConditionInto into = options.ConditionInto == 0
            ? otherwise
            : (ConditionInto)ConditionOptions.IntoSetting.ReadNative(BitConverter.GetBytes(options.ConditionInto - 1))!;
        return new ConditionOptions(length, options.Classes != 0, into);
    }
}
