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
        foreach (IParameterSymbol parameter in function.Method.Parameters)
        {
            names.Of(parameter);
        }

        var body = new CodeWriter();
        body.Indent();
        var refusals = new Refusals(module, types);
        var expressions = new ExpressionTranslator(module, types, graph, names, refusals);
        var assignments = new AssignmentTranslator(module, types, expressions, refusals);
        new StatementTranslator(module, types, function, expressions, assignments, names, body).Body(function.Body!);
        if (function.Kernel is not { } kernel)
        {
            WriteDeviceFunction(types, function, names, body, writer);
        }
        else if (kernel.HasVariants)
        {
            WriteDeviceFunction(types, function, names, body, writer);
            foreach (KernelEntry entry in kernel.Entries)
            {
                writer.Line();
                WriteEntry(types, function, kernel, entry, names, Call(function, entry, names), writer);
            }
        }
        else
        {
            WriteEntry(types, function, kernel, kernel.Entries[0], names, body, writer);
        }

        if (function.StaticSharedBytes > 48 * 1024)
        {
            module.Diagnostics.Report(
                Rules.SharedSize,
                function.Syntax.Identifier.GetLocation(),
                function.Method.Name,
                function.StaticSharedBytes.ToString(CultureInfo.InvariantCulture));
        }
    }

    // A function, or the body that the variants of a kernel share.
    private static void WriteDeviceFunction(
        CTypes types, DeviceFunction function, CNames names, CodeWriter body, CodeWriter writer)
    {
        List<string> parameters =
        [
            .. function.SharedDeclarations.Select(s => s.Parameter),
            .. function.Method.Parameters.Select(p => $"{types.Of(p.Type, Syntax(function, p))} {names.Of(p)}"),
        ];
        string last = !function.NeedsWarpScratch ? "" : parameters.Count == 0 ? "WARP_ARG0" : "WARP_ARG";
        string result = types.Of(function.Method.ReturnType, function.Syntax.ReturnType);
        WriteSignature($"DEV {result} {function.Name}(", parameters, last, writer);
        writer.Open();
        writer.Text(body);
        writer.Close();
    }

    private static void WriteEntry(
        CTypes types,
        DeviceFunction function,
        KernelDeclaration kernel,
        KernelEntry entry,
        CNames names,
        CodeWriter body,
        CodeWriter writer)
    {
        string macro = kernel.MinGroups > 0
            ? $"KERNEL_MIN({Text(kernel.BlockSize)}, {Text(kernel.MinGroups)})"
            : $"KERNEL({Text(kernel.BlockSize)})";
        List<string> parameters = [.. entry.Parameters.Select(p => DeviceApi.IsPointer(p.Type)
            ? $"G{Direction(p)}({Element(types, function, p)}, {names.Of(p)})"
            : $"{types.Of(p.Type, Syntax(function, p))} {names.Of(p)}")];
        WriteSignature(
            $"{macro} void {entry.CName}(", parameters, function.UsesDynamicShared ? "DYN_PARAM" : "", writer);
        writer.Open();

        // In OpenCL a parameter is a buffer and where in it the view starts.
        foreach (IParameterSymbol view in entry.Parameters.Where(p => DeviceApi.IsPointer(p.Type)))
        {
            writer.Line($"VIEW_{Direction(view)}({Element(types, function, view)}, {names.Of(view)});");
        }

        if (function.NeedsWarpScratch)
        {
            writer.Line($"WARP_SCRATCH({Text(kernel.BlockSize)});");
        }

        writer.Text(body);
        writer.Close();
    }

    // What a variant does: declares the shared memory and calls the body with its constants.
    private static CodeWriter Call(DeviceFunction function, KernelEntry entry, CNames names)
    {
        var call = new CodeWriter();
        call.Indent();
        function.SharedDeclarations.ForEach(s => call.Line(s.Text));
        IEnumerable<string> arguments = function.SharedDeclarations.Select(s => s.Name)
            .Concat(entry.Parameters.Select(names.Of))
            .Concat(entry.Constants.Select(c => CLiteral.Of(c)!.Value.Text));
        call.Line($"{function.Name}({string.Join(", ", arguments)}{(function.NeedsWarpScratch ? " WARP_PASS" : "")});");
        return call;
    }

    private static void WriteSignature(string head, List<string> parameters, string last, CodeWriter writer)
    {
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

    private static string Direction(IParameterSymbol symbol) =>
        (DeviceApi.IsReadOnlyGlobalView(symbol.Type) ? "IN" : "OUT") + (DeviceApi.MayAlias(symbol) ? "_ALIAS" : "");

    private static ParameterSyntax Syntax(DeviceFunction function, IParameterSymbol symbol) =>
        function.Syntax.ParameterList.Parameters[symbol.Ordinal];

    private static string Element(CTypes types, DeviceFunction function, IParameterSymbol symbol) =>
        types.Of(((INamedTypeSymbol)symbol.Type).TypeArguments[0], Syntax(function, symbol));

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
