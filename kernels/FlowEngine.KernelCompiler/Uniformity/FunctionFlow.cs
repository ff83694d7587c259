using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace FlowEngine.KernelCompiler;

/// <summary>Follows the values and the control flow of one function until nothing more is found to vary.</summary>
internal sealed class FunctionFlow
{
    private readonly UniformityAnalysis _analysis;
    private readonly DeviceFunction _function;
    private readonly HashSet<ISymbol> _varying;
    private readonly Dictionary<ILoopOperation, string> _varyingLoops = [];
    private readonly Stack<Loop> _loops = new();
    private string? _branch;
    private string? _return;
    private bool _resultVaries;
    private bool _changed;
    private bool _reporting;

    public FunctionFlow(UniformityAnalysis analysis, DeviceFunction function, IEnumerable<ISymbol> varying)
    {
        _analysis = analysis;
        _function = function;
        _varying = new HashSet<ISymbol>(varying, SymbolEqualityComparer.Default);
    }

    // Why not all threads are here, or null if they are.
    private string? Divergence =>
        _return ?? _branch ?? _loops.Select(l => l.Continued).FirstOrDefault(c => c is not null);

    public bool Run()
    {
        do
        {
            _changed = false;
            Pass();
        }
        while (_changed);

        _reporting = true;
        Pass();
        return _resultVaries;
    }

    private void Pass()
    {
        _analysis.Module.Cancellation.ThrowIfCancellationRequested();
        _return = null;
        _branch = null;
        if (_function.Body is { } body)
        {
            Statement(body);
        }
    }

    private void Statement(IOperation operation)
    {
        switch (operation)
        {
            case IBlockOperation o:
                foreach (IOperation inner in o.Operations)
                {
                    Statement(inner);
                }

                break;
            case IVariableDeclarationGroupOperation o:
                foreach (IVariableDeclaratorOperation declarator in o.Declarations.SelectMany(d => d.Declarators))
                {
                    if (declarator.GetVariableInitializer() is { } initializer)
                    {
                        Assign(declarator.Symbol, Varies(initializer.Value));
                    }
                }

                break;
            case IExpressionStatementOperation o:
                Expression(o.Operation);
                break;
            case IConditionalOperation o:
                bool varies = Varies(o.Condition);
                Within(varies ? Differs(o.Condition) : null, () =>
                {
                    Statement(o.WhenTrue);
                    if (o.WhenFalse is not null)
                    {
                        Statement(o.WhenFalse);
                    }
                });
                break;
            case ILoopOperation o:
                RunLoop(o);
                break;
            case IBranchOperation o:
                Branch(o);
                break;
            case IReturnOperation o:
                Return(o);
                break;
            default:
                Varies(operation);
                break;
        }
    }

    private void RunLoop(ILoopOperation operation)
    {
        var loop = new Loop(operation);
        if (operation is IForLoopOperation { Before: var before })
        {
            foreach (IOperation inner in before)
            {
                Statement(inner);
            }
        }

        _loops.Push(loop);
        IOperation? condition = operation switch
        {
            IForLoopOperation o => o.Condition,
            IWhileLoopOperation o => o.Condition,
            _ => null,
        };
        if (condition is not null && Varies(condition))
        {
            MarkVarying(operation, Differs(condition));
        }

        _varyingLoops.TryGetValue(operation, out string? why);
        Within(why, () =>
        {
            Statement(operation.Body);
            loop.Continued = null;
            if (operation is IForLoopOperation { AtLoopBottom: var next })
            {
                foreach (IOperation inner in next)
                {
                    Statement(inner);
                }
            }
        });
        _loops.Pop();
    }

    private void Branch(IBranchOperation operation)
    {
        if (Divergence is null || _loops.Count == 0)
        {
            return;
        }

        if (operation.BranchKind == BranchKind.Break)
        {
            // From the next round on some threads have left.
            MarkVarying(_loops.Peek().Operation, "some have left the loop by the break");
        }
        else if (operation.BranchKind == BranchKind.Continue)
        {
            _loops.Peek().Continued ??= "some have gone to the next round by the continue";
        }
    }

    private void Return(IReturnOperation operation)
    {
        bool varies = operation.ReturnedValue is not null && Varies(operation.ReturnedValue);
        string? divergence = Divergence;
        _resultVaries |= varies || divergence is not null;
        if (divergence is null || operation.IsImplicit)
        {
            return;
        }

        _return ??= "some have returned before";
        foreach (Loop loop in _loops)
        {
            MarkVarying(loop.Operation, "some have returned before");
        }
    }

    private void Expression(IOperation operation)
    {
        switch (operation)
        {
            case IAssignmentOperation o:
                bool varies = Varies(o.Value);
                if (o.Target is not ILocalReferenceOperation and not IParameterReferenceOperation)
                {
                    Varies(o.Target);
                }

                if (Root(o.Target) is { } target)
                {
                    Assign(target, varies);
                }

                break;
            case IIncrementOrDecrementOperation o:
                if (Root(o.Target) is { } counter)
                {
                    Assign(counter, false);
                }

                break;
            default:
                Varies(operation);
                break;
        }
    }

    // Whether an expression's value differs between threads. Reports the calls in it that not all threads reach.
    private bool Varies(IOperation operation)
    {
        if (operation.ConstantValue.HasValue)
        {
            return false;
        }

        switch (operation)
        {
            case ILocalReferenceOperation o:
                return _varying.Contains(o.Local);
            case IParameterReferenceOperation o:
                return _varying.Contains(o.Parameter);
            case IInvocationOperation o:
                return CallVaries(o);
            default:
                bool varies = operation is IPropertyReferenceOperation property
                    && (Intrinsic.Of(property.Property) is { Varying: true }
                        || (property.Property.IsIndexer && DeviceApi.IsPointer(property.Property.ContainingType)));
                foreach (IOperation child in operation.ChildOperations)
                {
                    varies |= Varies(child);
                }

                return varies;
        }
    }

    private bool CallVaries(IInvocationOperation operation)
    {
        IMethodSymbol method = operation.TargetMethod.OriginalDefinition;
        bool any = operation.Instance is not null && Varies(operation.Instance);
        var varying = new List<IParameterSymbol>();
        foreach (IArgumentOperation argument in operation.Arguments)
        {
            if (argument.Parameter is { } parameter && Varies(argument.Value))
            {
                any = true;
                varying.Add(method.Parameters[parameter.Ordinal]);
            }
        }

        if (_reporting && Divergence is { } why && _analysis.Graph.Waits(method))
        {
            _analysis.Module.Diagnostics.Report(Rules.Divergence, operation.Syntax, Name(method), why);
        }

        if (Intrinsic.Of(method) is { } intrinsic)
        {
            return any || intrinsic.Varying;
        }

        return FunctionGraph.IsDeviceFunction(method) && _analysis.Graph.Find(method) is { } function
            ? _analysis.ResultVaries(function, [.. varying.OrderBy(p => p.Ordinal)])
            : any;
    }

    private void Within(string? divergence, Action walk)
    {
        string? outer = _branch;
        _branch ??= divergence;
        walk();
        _branch = outer;
    }

    private void Assign(ISymbol symbol, bool varies)
    {
        if ((varies || Divergence is not null) && _varying.Add(symbol))
        {
            _changed = true;
        }
    }

    private void MarkVarying(ILoopOperation loop, string why)
    {
        if (!_varyingLoops.ContainsKey(loop))
        {
            _varyingLoops[loop] = why;
            _changed = true;
        }
    }

    // The local that an assignment changes, whole or in part; none for memory, whose reads always vary.
    private static ISymbol? Root(IOperation target) => target switch
    {
        ILocalReferenceOperation o => o.Local,
        IParameterReferenceOperation o => o.Parameter,
        IFieldReferenceOperation { Instance: { } instance } => Root(instance),
        IPropertyReferenceOperation { Property.IsIndexer: false, Instance: { } instance } => Root(instance),
        _ => null,
    };

    private static string Differs(IOperation condition) => $"'{condition.Syntax}' differs between threads";

    private static string Name(IMethodSymbol method) => $"{method.ContainingType.Name}.{method.Name}";

    private sealed class Loop(ILoopOperation operation)
    {
        public ILoopOperation Operation { get; } = operation;

        /// <summary>Why some threads skip the rest of this round.</summary>
        public string? Continued { get; set; }
    }
}
