namespace FlowEngine.KernelCompiler;

/// <summary>An expression of C.</summary>
/// <param name="Text">As written.</param>
/// <param name="Precedence">How tightly its outermost operator binds.</param>
internal readonly record struct CExpression(string Text, Precedence Precedence = Precedence.Primary)
{
    /// <summary>In parentheses if it binds less tightly than its place asks.</summary>
    public string At(Precedence least) => Precedence < least ? $"({Text})" : Text;

    public static CExpression Cast(string type, CExpression operand) =>
        new($"({type}){operand.At(Precedence.Unary)}", Precedence.Unary);

    public static CExpression Binary(string op, CExpression left, CExpression right)
    {
        Precedence level = LevelOf(op);
        return new($"{Operand(left, level, true)} {op} {Operand(right, level, false)}", level);
    }

    // Parentheses also where C has none but its compilers and readers want them: a & b == c, a || b && c, a << b + c.
    private static string Operand(CExpression operand, Precedence parent, bool left)
    {
        Precedence level = operand.Precedence;
        bool plain = level >= Precedence.Unary
            || (parent is Precedence.Additive && level == Precedence.Multiplicative)
            || (parent is Precedence.Relational or Precedence.Equality && level >= Precedence.Additive)
            || (parent is Precedence.LogicalAnd or Precedence.LogicalOr
                && level is Precedence.Relational or Precedence.Equality)
            || (left && level == parent
                && parent is not (Precedence.Relational or Precedence.Equality or Precedence.Shift));
        return plain ? operand.Text : $"({operand.Text})";
    }

    private static Precedence LevelOf(string op) => op switch
    {
        "*" or "/" or "%" => Precedence.Multiplicative,
        "+" or "-" => Precedence.Additive,
        "<<" or ">>" => Precedence.Shift,
        "<" or ">" or "<=" or ">=" => Precedence.Relational,
        "==" or "!=" => Precedence.Equality,
        "&" => Precedence.And,
        "^" => Precedence.Xor,
        "|" => Precedence.Or,
        "&&" => Precedence.LogicalAnd,
        _ => Precedence.LogicalOr,
    };
}
