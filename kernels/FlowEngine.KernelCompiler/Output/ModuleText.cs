using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace FlowEngine.KernelCompiler;

/// <summary>Writes the C text of a module: structs, then functions, callees first.</summary>
internal static class ModuleText
{
    private const int Columns = 100;

    public static string Write(ModuleContext module, CTypes types, FunctionGraph graph)
    {
        var functions = new CodeWriter();
        bool cudaOnly = false;
        foreach (DeviceFunction function in graph.Functions.Where(f => f.Body is not null))
        {
            module.Cancellation.ThrowIfCancellationRequested();
            if (cudaOnly == function.Portable)
            {
                functions.Line();
                functions.Line(cudaOnly ? "#endif" : "#ifdef FLOW_CUDA");
                cudaOnly = !cudaOnly;
            }

            functions.Line();
            WriteFunction(module, types, graph, function, functions);
        }

        if (cudaOnly)
        {
            functions.Line();
            functions.Line("#endif");
        }

        var text = new CodeWriter();
        text.Line($"// The kernels of {module.Class.ToDisplayString()}. Written by FlowEngine.KernelCompiler; not edited.");
        if (types.Declarations.Count > 0)
        {
            text.Line();
            types.Declarations.ForEach(text.Line);
        }

        return text.ToString() + functions.ToString();
    }

    private static void WriteFunction(
        ModuleContext module, CTypes types, FunctionGraph graph, DeviceFunction function, CodeWriter writer)
    {
        var names = new CNames();
        WriteSignature(types, function, names, writer);
        writer.Open();
        if (function.Kernel is { } kernel)
        {
            WriteViews(types, function, names, writer);
            if (function.NeedsWarpScratch)
            {
                writer.Line($"WARP_SCRATCH({Text(kernel.BlockSize)});");
            }
        }

        var expressions = new ExpressionTranslator(module, types, graph, names);
        new StatementTranslator(module, types, function, expressions, names, writer).Body(function.Body!);
        writer.Close();
        if (function.StaticSharedBytes > 48 * 1024)
        {
            module.Diagnostics.Report(
                Rules.SharedSize,
                function.Syntax.Identifier.GetLocation(),
                function.Method.Name,
                function.StaticSharedBytes.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static void WriteSignature(CTypes types, DeviceFunction function, CNames names, CodeWriter writer)
    {
        string head = function.Kernel is { } kernel
            ? kernel.MinGroups > 0
                ? $"KERNEL_MIN({Text(kernel.BlockSize)}, {Text(kernel.MinGroups)}) void {function.Name}("
                : $"KERNEL({Text(kernel.BlockSize)}) void {function.Name}("
            : $"DEV {types.Of(function.Method.ReturnType, function.Syntax.ReturnType)} {function.Name}(";
        List<string> parameters = [.. function.Syntax.ParameterList.Parameters.Zip(
            function.Method.Parameters, (syntax, symbol) => Parameter(types, function, syntax, symbol, names))];
        string last = function.Kernel is not null ? (function.UsesDynamicShared ? "DYN_PARAM" : "")
            : !function.NeedsWarpScratch ? ""
            : parameters.Count == 0 ? "WARP_ARG0" : "WARP_ARG";
        string end = last.Length == 0 || parameters.Count == 0 ? last : " " + last;
        if (parameters.Count == 0 && end.Length == 0)
        {
            end = "void";
        }

        string line = $"{head}{string.Join(", ", parameters)}{end})";
        if (line.Length <= Columns)
        {
            writer.Line(line);
            return;
        }

        writer.Line(head);
        writer.Indent();
        for (int i = 0; i < parameters.Count; i++)
        {
            writer.Line(parameters[i] + (i < parameters.Count - 1 ? "," : end + ")"));
        }

        writer.Unindent();
    }

    private static string Parameter(
        CTypes types,
        DeviceFunction function,
        ParameterSyntax syntax,
        IParameterSymbol symbol,
        CNames names)
    {
        string name = names.Of(symbol);
        return function.Kernel is not null && DeviceApi.IsPointer(symbol.Type)
            ? $"G{Direction(symbol)}({Element(types, symbol, syntax)}, {name})"
            : $"{types.Of(symbol.Type, syntax)} {name}";
    }

    // The views of a kernel's parameters: in OpenCL a parameter is a buffer and where in it the view starts.
    private static void WriteViews(CTypes types, DeviceFunction function, CNames names, CodeWriter writer)
    {
        foreach ((IParameterSymbol symbol, ParameterSyntax syntax) in
            function.Method.Parameters.Zip(function.Syntax.ParameterList.Parameters, (symbol, syntax) => (symbol, syntax)))
        {
            if (DeviceApi.IsPointer(symbol.Type))
            {
                writer.Line($"VIEW_{Direction(symbol)}({Element(types, symbol, syntax)}, {names.Of(symbol)});");
            }
        }
    }

    private static string Direction(IParameterSymbol symbol) =>
        (DeviceApi.IsReadOnlyGlobalView(symbol.Type) ? "IN" : "OUT") + (DeviceApi.MayAlias(symbol) ? "_ALIAS" : "");

    private static string Element(
        CTypes types, IParameterSymbol symbol, ParameterSyntax syntax) =>
        types.Of(((INamedTypeSymbol)symbol.Type).TypeArguments[0], syntax);

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
