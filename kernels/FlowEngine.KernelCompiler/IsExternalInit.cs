namespace System.Runtime.CompilerServices;

/// <summary>What the compiler looks for in init accessors; netstandard2.0 lacks it.</summary>
internal static class IsExternalInit;
