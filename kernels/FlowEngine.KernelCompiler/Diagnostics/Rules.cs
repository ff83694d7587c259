using Microsoft.CodeAnalysis;

namespace FlowEngine.KernelCompiler;

/// <summary>The rules of the kernel language. Their ids are stable.</summary>
internal static class Rules
{
    public static readonly DiagnosticDescriptor Allocation = Error(
        "FLOWK001",
        "A kernel cannot allocate",
        "A kernel cannot allocate: {0}; use locals, LocalArray<T> or SharedMemory.Allocate<T> instead");

    public static readonly DiagnosticDescriptor Exception = Error(
        "FLOWK002",
        "A kernel cannot throw or catch",
        "A kernel cannot throw or catch: {0}; check before the launch, or write a status to memory instead");

    public static readonly DiagnosticDescriptor Text = Error(
        "FLOWK003",
        "A kernel has no strings and no characters",
        "A kernel has no strings and no characters; use a number instead of '{0}'");

    public static readonly DiagnosticDescriptor IndirectCall = Error(
        "FLOWK004",
        "A kernel calls static methods only",
        "'{0}' is a virtual, interface or delegate call; call a static method instead");

    public static readonly DiagnosticDescriptor Type = Error(
        "FLOWK005",
        "Type not of the kernel language",
        "'{0}' is not a type of the kernel language; use a primitive number, a vector, a view, LocalArray<T> or a struct"
            + " of numbers instead");

    public static readonly DiagnosticDescriptor Recursion = Error(
        "FLOWK006",
        "A device function cannot call itself",
        "'{0}' calls itself; write a loop instead");

    public static readonly DiagnosticDescriptor Divergence = Error(
        "FLOWK007",
        "Barrier or warp operation in divergent control flow",
        "'{0}' waits for other threads, but not all threads of the group get here ({1}); move it where all do, or set"
            + " Portable = false");

    public static readonly DiagnosticDescriptor Double = Error(
        "FLOWK008",
        "A float becomes a double",
        "A float becomes a double here; write the constant with an f, or an explicit cast instead");

    public static readonly DiagnosticDescriptor SharedAllocation = Error(
        "FLOWK009",
        "Shared memory allocated where it cannot be",
        "'{0}' {1}; write it as the initializer of a local in the outermost scope of the kernel instead");

    public static readonly DiagnosticDescriptor Call = Error(
        "FLOWK010",
        "Call of what has no C form",
        "'{0}' has no C form; call a static method of this project or a member of the device API instead");

    public static readonly DiagnosticDescriptor Construct = Error(
        "FLOWK011",
        "Statement or expression not of the kernel language",
        "{0} is not of the kernel language; {1} instead");

    public static readonly DiagnosticDescriptor Declaration = Error(
        "FLOWK012",
        "Kernel declared wrongly",
        "Kernel '{0}' {1}");

    public static readonly DiagnosticDescriptor Parameter = Error(
        "FLOWK013",
        "Parameter a kernel cannot have",
        "Parameter '{0}' of type '{1}' cannot be a kernel's; use GlobalView<T>, ReadOnlyGlobalView<T>, int, uint, long,"
            + " ulong, float, double or a readonly struct of these instead");

    public static readonly DiagnosticDescriptor AssignmentValue = Error(
        "FLOWK014",
        "Assignment used as a value",
        "The value of '{0}' is used, and C leaves open when it changes; write it as a statement of its own instead");

    public static readonly DiagnosticDescriptor ConditionalWait = Error(
        "FLOWK015",
        "Waiting call that may be skipped or repeated",
        "'{0}' waits for other threads inside {1}; assign it to a local in a statement of its own instead");

    public static readonly DiagnosticDescriptor SharedSize = Error(
        "FLOWK016",
        "Too much static shared memory",
        "Kernel '{0}' declares {1} bytes of shared memory, and 49152 are the most; use SharedMemory.GetDynamic<T>"
            + " instead");

    public static readonly DiagnosticDescriptor Constant = Error(
        "FLOWK017",
        "Constant expected",
        "{0} must be a constant; write a literal or a const instead of '{1}'");

    public static readonly DiagnosticDescriptor StalePtx = new(
        "FLOWK018",
        "PTX is stale",
        "The PTX of '{0}' does not belong to its kernels; run kernels/ptx/build.sh",
        Category,
        DiagnosticSeverity.Warning,
        true);

    public static readonly DiagnosticDescriptor ReferenceParameter = Error(
        "FLOWK019",
        "Device function with a reference parameter",
        "Parameter '{0}' is passed by reference; return a value, or pass a LocalArray<T> or a view instead");

    public static readonly DiagnosticDescriptor StaticField = Error(
        "FLOWK020",
        "Static field that is not const",
        "'{0}' is a static field; make it const, or pass it as a parameter instead");

    private const string Category = "Kernels";

    private static DiagnosticDescriptor Error(string id, string title, string message) =>
        new(id, title, message, Category, DiagnosticSeverity.Error, true);
}
