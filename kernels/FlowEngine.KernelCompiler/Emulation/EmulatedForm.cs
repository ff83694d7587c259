using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace FlowEngine.KernelCompiler;

/// <summary>
/// Writes functions as the emulator runs them: iterators that yield what they wait for. Statements keep their text and
/// their lines; calls that wait are hoisted before the statement that holds them.
/// </summary>
internal sealed class EmulatedForm
{
    private const string Space = "global::FlowEngine.Kernels.Gpu.Emulator.";
    private const string Prefix = "flow";

    private readonly ModuleContext _module;
    private readonly FunctionGraph _graph;
    private readonly CodeWriter _writer;
    private readonly SourceRenderer _renderer;
    private readonly Dictionary<DeviceFunction, string> _twins = [];
    private int _hoisted;
    private bool _returnsValue;

    public EmulatedForm(ModuleContext module, FunctionGraph graph, CodeWriter writer)
    {
        _module = module;
        _graph = graph;
        _writer = writer;
        _renderer = new SourceRenderer(module, module.Class) { CopyOf = CopyOf };
        foreach (DeviceFunction function in graph.Functions)
        {
            if (NeedsTwin(function))
            {
                // The name in C is one of a kind, also for overloads.
                string own = module.Class.Name + "_";
                _twins[function] = "Emulate"
                    + (function.Name.StartsWith(own, StringComparison.Ordinal) ? function.Name.Substring(own.Length) : function.Name);
            }
        }
    }

    /// <summary>The namespaces whose extension methods the copied code calls.</summary>
    public IEnumerable<string> Namespaces => _renderer.Namespaces;

    /// <summary>What makes the iterator of a kernel, or of a variant, of the arguments of a launch.</summary>
    public static string Emulate(IMethodSymbol kernel, KernelEntry entry) => entry.Constants.Count == 0
        ? KernelName(kernel)
        : $"{Prefix}Arguments => {KernelName(kernel)}({Prefix}Arguments, {string.Join(", ", entry.Constants)})";

    /// <summary>The iterator of a kernel; of one with variants it takes their constants too.</summary>
    public void WriteKernel(DeviceFunction kernel)
    {
        IMethodSymbol method = kernel.Method;
        KernelDeclaration declaration = kernel.Kernel!;
        IReadOnlyList<IParameterSymbol> launched = declaration.Entries[0].Parameters;
        IEnumerable<string> constants =
            declaration.ConstantParameters.Select(p => $", {Full(p.Type)} {Identifier(p.Name)}");
        _writer.Line($"private static global::System.Collections.Generic.IEnumerator<{Space}SyncRequest> {KernelName(method)}("
            + $"{Space}EmulatedArguments {Prefix}Arguments{string.Concat(constants)})");
        _writer.Open();
        if (kernel.Waits)
        {
            foreach (IParameterSymbol parameter in launched)
            {
                _writer.Line($"{Full(parameter.Type)} {Identifier(parameter.Name)} = {Argument(parameter)};");
            }

            WriteBody(kernel);
        }
        else
        {
            IEnumerable<string> arguments = launched.Select(Argument)
                .Concat(declaration.ConstantParameters.Select(p => Identifier(p.Name)));
            _writer.Line($"{Identifier(method.Name)}({string.Join(", ", arguments)});");
            _writer.Line("yield break;");
        }

        _writer.Close();
        _writer.Line();
    }

    /// <summary>The iterators of the device functions that wait.</summary>
    public void WriteTwins()
    {
        foreach (KeyValuePair<DeviceFunction, string> twin in _twins)
        {
            WriteTwin(twin.Key, twin.Value);
        }
    }

    private static string KernelName(IMethodSymbol kernel) => "Emulate" + kernel.Name;

    private static string Full(ITypeSymbol type) => type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);

    private static string Identifier(string name) =>
        SyntaxFacts.GetKeywordKind(name) == SyntaxKind.None ? name : "@" + name;

    private static string Argument(IParameterSymbol parameter)
    {
        string place = parameter.Ordinal.ToString(CultureInfo.InvariantCulture);
        string read = DeviceApi.IsGlobalView(parameter.Type) ? "View"
            : DeviceApi.IsReadOnlyGlobalView(parameter.Type) ? "ReadOnlyView"
            : "Value";
        ITypeSymbol type = read == "Value" ? parameter.Type : ((INamedTypeSymbol)parameter.Type).TypeArguments[0];
        return $"{Prefix}Arguments.{read}<{Full(type)}>({place})";
    }

    // Functions that wait need an iterator; a copied function's private callees in another class need a copy too.
    private bool NeedsTwin(DeviceFunction function) =>
        function.Kernel is null
        && (function.Waits || !_module.Compilation.IsSymbolAccessibleWithin(function.Method, _module.Class));

    private string? CopyOf(IMethodSymbol method) =>
        _graph.Find(method) is { Waits: false } function && _twins.TryGetValue(function, out string? twin) ? twin : null;

    private void WriteTwin(DeviceFunction function, string name)
    {
        ITypeSymbol result = function.Method.ReturnType;
        var parameters = function.Syntax.ParameterList.Parameters
            .Select(p => $"{_renderer.Render(p.Type!)} {p.Identifier.Text}{(p.Default is null ? "" : " " + _renderer.Render(p.Default))}")
            .ToList();
        if (!function.Waits)
        {
            _writer.Line($"private static {Full(result)} {name}({string.Join(", ", parameters)})");
            _writer.Open();
            WriteCopied(function);
            _writer.Close();
            _writer.Line();
            return;
        }

        if (!function.Method.ReturnsVoid)
        {
            parameters.Insert(0, $"{Space}EmulatedResult<{Full(result)}> {Prefix}Result");
        }

        _writer.Line($"private static global::System.Collections.Generic.IEnumerable<{Space}SyncRequest> {name}("
            + $"{string.Join(", ", parameters)})");
        _writer.Open();
        WriteBody(function);
        _writer.Close();
        _writer.Line();
    }

    // A function that does not wait keeps its statements as they are.
    private void WriteCopied(DeviceFunction function)
    {
        if (function.Syntax.ExpressionBody is { } arrow)
        {
            WriteLine(arrow.Expression, $"{(function.Method.ReturnsVoid ? "" : "return ")}{_renderer.Render(arrow.Expression)};");
        }
        else
        {
            foreach (StatementSyntax statement in function.Syntax.Body!.Statements)
            {
                WriteLine(statement, _renderer.Render(statement));
            }
        }

        _writer.LineAt(0, "#line default");
    }

    private void WriteBody(DeviceFunction function)
    {
        _returnsValue = !function.Method.ReturnsVoid;
        if (function.Syntax.ExpressionBody is { } arrow)
        {
            if (_returnsValue)
            {
                WriteReturn(arrow.Expression, arrow.Expression);
            }
            else
            {
                WriteExpression(arrow.Expression, arrow.Expression);
            }
        }
        else
        {
            foreach (StatementSyntax statement in function.Syntax.Body!.Statements)
            {
                WriteStatement(statement);
            }
        }

        _writer.LineAt(0, "#line default");
    }

    private void WriteStatement(StatementSyntax statement)
    {
        switch (statement)
        {
            case BlockSyntax block:
                WriteBlock(block);
                break;
            case LocalDeclarationStatementSyntax declaration:
                WriteDeclaration(declaration);
                break;
            case ExpressionStatementSyntax expression:
                WriteExpression(expression, expression.Expression);
                break;
            case ReturnStatementSyntax { Expression: { } value }:
                WriteReturn(statement, value);
                break;
            case ReturnStatementSyntax:
                WriteLine(statement, "yield break;");
                break;
            case IfStatementSyntax branch:
                Hoist(branch.Condition);
                WriteLine(branch, $"if ({_renderer.Render(branch.Condition)})");
                WriteBlock(branch.Statement);
                if (branch.Else is { } other)
                {
                    WriteLine(other, "else");
                    WriteBlock(other.Statement);
                }

                break;
            case ForStatementSyntax loop:
                WriteLine(loop, For(loop));
                WriteBlock(loop.Statement);
                break;
            case WhileStatementSyntax loop:
                WriteLine(loop, $"while ({_renderer.Render(loop.Condition)})");
                WriteBlock(loop.Statement);
                break;
            case DoStatementSyntax loop:
                WriteLine(loop, "do");
                WriteBlock(loop.Statement);
                WriteLine(loop.WhileKeyword, $"while ({_renderer.Render(loop.Condition)});");
                break;
            default:
                // break, continue and the empty statement; all others were reported.
                WriteLine(statement, _renderer.Render(statement));
                break;
        }
    }

    private void WriteBlock(StatementSyntax statement)
    {
        WriteLine(statement, "{");
        _writer.Indent();
        // Not a SyntaxList of the one statement: that would be a copy outside the compilation.
        foreach (StatementSyntax inner in statement is BlockSyntax block ? [.. block.Statements] : (StatementSyntax[])[statement])
        {
            WriteStatement(inner);
        }

        _writer.Unindent();
        WriteLine(statement is BlockSyntax b ? b.CloseBraceToken : statement.GetLastToken(), "}");
    }

    // One declaration for each variable: a later one's hoisted call may read an earlier one.
    private void WriteDeclaration(LocalDeclarationStatementSyntax statement)
    {
        string modifiers = statement.Modifiers.Count == 0 ? "" : statement.Modifiers.ToString() + " ";
        string type = _renderer.Render(statement.Declaration.Type);
        foreach (VariableDeclaratorSyntax variable in statement.Declaration.Variables)
        {
            Hoist(variable);
            WriteLine(
                statement.Declaration.Variables.Count == 1 ? statement : variable,
                $"{modifiers}{type} {_renderer.Render(variable)};");
        }
    }

    private void WriteExpression(SyntaxNode place, ExpressionSyntax expression)
    {
        Hoist(expression);

        // A call whose value nobody takes is done with its hoisting.
        if (!IsWaiting(expression))
        {
            WriteLine(place, _renderer.Render(expression) + ";");
        }
    }

    private void WriteReturn(SyntaxNode place, ExpressionSyntax value)
    {
        Hoist(value);
        WriteLine(place, $"{{ {Prefix}Result.Value = {_renderer.Render(value)}; yield break; }}");
    }

    private string For(ForStatementSyntax loop)
    {
        string before = loop.Declaration is { } declaration
            ? _renderer.Render(declaration)
            : string.Join(", ", loop.Initializers.Select(_renderer.Render));
        string condition = loop.Condition is null ? "" : " " + _renderer.Render(loop.Condition);
        string next = string.Join(", ", loop.Incrementors.Select(_renderer.Render));
        return $"for ({before};{condition};{(next.Length == 0 ? "" : " " + next)})";
    }

    // Calls in the order in which C# evaluates them: arguments before the call that takes them, left before right.
    private void Hoist(SyntaxNode node)
    {
        foreach (SyntaxNode child in node.ChildNodes())
        {
            Hoist(child);
        }

        if (node is InvocationExpressionSyntax call && IsWaiting(call))
        {
            HoistCall(call);
        }
    }

    private bool IsWaiting(ExpressionSyntax expression) =>
        expression is InvocationExpressionSyntax && Target(expression) is { } method && _graph.Waits(method);

    private IMethodSymbol? Target(ExpressionSyntax expression)
    {
        var method = _module.Model(expression.SyntaxTree).GetSymbolInfo(expression).Symbol as IMethodSymbol;
        return (method?.ReducedFrom ?? method)?.OriginalDefinition;
    }

    private void HoistCall(InvocationExpressionSyntax call)
    {
        IMethodSymbol method = Target(call)!;
        string number = (_hoisted++).ToString(CultureInfo.InvariantCulture);
        IEnumerable<string> arguments = call.ArgumentList.Arguments.Select(a => _renderer.Render(a));
        if (call.Expression is MemberAccessExpressionSyntax access
            && _module.Model(call.SyntaxTree).GetSymbolInfo(call).Symbol is IMethodSymbol { ReducedFrom: not null })
        {
            arguments = arguments.Prepend(_renderer.Render(access.Expression));
        }

        if (Intrinsic.Of(method) is { Waits: true })
        {
            WriteLine(
                call,
                $"var {Prefix}Request{number} = {Space}Emulated{method.ContainingType.Name}.{method.Name}({string.Join(", ", arguments)}); "
                    + $"yield return {Prefix}Request{number};");
            _renderer.Replace(call, $"{Prefix}Request{number}.Result");
            return;
        }

        string result = "";
        if (!method.ReturnsVoid)
        {
            string type = $"{Space}EmulatedResult<{Full(method.ReturnType)}>";
            result = $"{type} {Prefix}Result{number} = new {type}(); ";
            arguments = arguments.Prepend($"{Prefix}Result{number}");
            _renderer.Replace(call, $"{Prefix}Result{number}.Value");
        }

        WriteLine(
            call,
            $"{result}foreach ({Space}SyncRequest {Prefix}Request{number} in {_twins[_graph.Find(method)!]}("
                + $"{string.Join(", ", arguments)})) {{ yield return {Prefix}Request{number}; }}");
    }

    private void WriteLine(SyntaxNodeOrToken place, string text)
    {
        FileLinePositionSpan span = place.GetLocation()!.GetLineSpan();
        _writer.LineAt(0, string.Format(
            CultureInfo.InvariantCulture, "#line {0} \"{1}\"", span.StartLinePosition.Line + 1, span.Path));
        _writer.LineAt(span.StartLinePosition.Character, text);
    }
}
