using System.Globalization;
using FlowEngine.Data;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FlowEngine.Tests.Data;

public sealed class CsvReaderTests
{
    [Theory]
    [InlineData("a,b\n1,2\n3,4\n")]
    [InlineData("a;b\n1;2\n3;4")]
    [InlineData("a\tb\r\n1\t2\r\n3\t4\r\n")]
    [InlineData("\"a\", \"b\"\n \"1\" ,2\n\n   \n3, 4 \n\n")]
    [InlineData("\uFEFFa,b\n1e0,2.0\n+3,0.4e1\n")]
    public void The_same_table_in_every_dialect(string text)
    {
        TableDataset table = Read(text);

        Assert.Equal(["a", "b"], table.Columns);
        Assert.Equal([1.0, 2.0, 3.0, 4.0], Flat(table));
        Assert.Null(table.Labels);
    }

    [Fact]
    public void A_first_line_of_numbers_is_data()
    {
        TableDataset table = Read("1,2\n3,4\n");

        Assert.Equal(["column 0", "column 1"], table.Columns);
        Assert.Equal(2, table.Count);
    }

    [Theory]
    [InlineData("a,kind,b\n1,0,2\n3,7,4\n", "kind")]
    [InlineData("a,kind,b\n1,0,2\n3,7,4\n", "1")]
    [InlineData("1,0,2\n3,7,4\n", "1")]
    [InlineData("0,kind,2\n1,0,2\n3,7,4\n", "kind")]
    [InlineData("1,0.0,2\n3,7.0,4\n", "1")]
    public void A_label_column_by_name_or_index(string text, string label)
    {
        TableDataset table = Read(text, label);

        Assert.Equal([0, 7], table.Labels!);
        Assert.Equal([1.0, 2.0, 3.0, 4.0], Flat(table));
    }

    [Fact]
    public void Labels_of_text_are_classes_in_ordinal_order()
    {
        // Without a header: the text of a label does not make the line one.
        TableDataset table = Read("5.1,virginica\n4.9,setosa\n6.2,virginica\n", "1");

        Assert.Equal([1, 0, 1], table.Labels!);
        Assert.Equal(["column 0"], table.Columns);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("a,b\n", "only a header")]
    [InlineData("a,b\n1,2\n3\n", "line 3 has 1 fields, expected 2")]
    [InlineData("a,b\n1,2\n3,4,5\n", "line 3 has 3 fields, expected 2")]
    [InlineData("a,b\n1,2\n3,\n", "line 3, column 1 (b) is empty")]
    [InlineData("a,b\n1,NaN\n", "line 2, column 1 (b) holds 'NaN'")]
    [InlineData("a,b\n1,2\n\n-Infinity,4\n", "line 4, column 0 (a) holds '-Infinity'")]
    [InlineData("a,b\n1,1e999\n", "line 2, column 1 (b) holds '1e999'")]
    [InlineData("1,2\n3,red\n", "line 2, column 1 (column 1) holds 'red'")]
    [InlineData("a;b\n1;2,5\n", "line 2, column 1 (b) holds '2,5', a number with a comma")]
    [InlineData("a,b\n1,5,2,5\n", "line 2 has 4 fields, expected 2 (of numbers with decimal points")]
    [InlineData("a,b\n1,\"1,234\"\n", "holds '1,234', a number with a comma")]
    [InlineData("a b\n1.0 2.0\n", "holds '1.0 2.0', 2 numbers with white space between, expected commas")]
    [InlineData("1.0   2.0\n1.0 2.0\n", "numbers with white space between, expected commas")]
    [InlineData("sep=;\na;b\n1;2\n", "line 1 is 'sep=;', which tells Excel the delimiter")]
    [InlineData("5.1,?,1.4\n4.9,3.0,1.4\n", "line 1, column 1 (column 1) holds '?', a missing value")]
    [InlineData("5.1,NA,1.4\n4.9,3.0,1.4\n", "line 1, column 1 (column 1) holds 'NA', a missing value")]
    [InlineData("5.1,,1.4\n4.9,3.0,1.4\n", "line 1, column 1 (column 1) is empty, a missing value")]
    [InlineData("5.1,red,1.4\n4.9,3.0,1.4\n", "line 1, column 1 (column 1) holds 'red'")]
    [InlineData("a,b\n1,n/a\n", "line 2, column 1 (b) holds 'n/a', a missing value")]
    [InlineData("a,b\n\"1,2\n3,4\n", "line 2 has a quote that is not closed")]
    [InlineData("a,b\n\"1\"x,2\n", "line 2 has text behind a closing quote")]
    [InlineData("\"a\nb\",c\n1,2\n3,x\n", "line 4, column 1 (c) holds 'x'")]
    public void What_is_wrong_is_named_by_line_and_column(string text, string says) =>
        DataAssert.Fails(FlowErrorKind.BadFormat, () => Read(text), "table.csv", says);

    [Theory]
    [InlineData("0,1\n1.5,2\n3,4\n", "0 1", 2, "line 1 (0, 1) is taken")]
    [InlineData(",0,1\n0,1.5,2\n1,3,4\n", "0 1", 2, "column 0 has no name")]
    [InlineData(",a,b\nr1,1.5,2\nr2,3,4\n", "a b", 2, "column 0 has no name")]
    [InlineData("Unnamed: 0,a,b\n0,1.5,2\n1,3,4\n", "a b", 2, "column 0 has no name")]
    [InlineData("id,a\n3,1\n4,1\n5,2\n6,1\n7,0\n", "id a", 5, "column 0 (id) counts the rows")]
    [InlineData("0\n1\n", "column 0", 2, null)]
    [InlineData("1,0\n1,2\n", "column 0,column 1", 2, null)]
    public void What_is_taken_for_a_header_or_an_index_is_told(string text, string columns, int rows, string? note)
    {
        TableDataset table = Read(text);
        Assert.Equal(columns.Contains("column", StringComparison.Ordinal) ? columns.Split(',') : columns.Split(' '), table.Columns);
        Assert.Equal(rows, table.Count);
        Assert.Equal(note is null, table.Notes.Count == 0);
        Assert.Contains(note ?? string.Empty, string.Concat(table.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_may_be_told()
    {
        Assert.Equal(["5.1", "1.4"], Read("5.1,1.4\n4.9,3.0\n", isHeader: true).Columns);
        Assert.Equal(2, Read("0,1\n4.9,3.0\n", isHeader: false).Count);
        DataAssert.Fails(FlowErrorKind.BadFormat, () => Read("a,b\n4.9,3.0\n", isHeader: false), "line 1, column 0", "'a'");
    }

    [Theory]
    [InlineData("a,k\n1,x\n2,\n", "line 3, column 1 (k) is empty, expected the label")]
    [InlineData("a,k\n1,1\n2,NaN\n", "line 3, column 1 (k) holds 'NaN', expected the label")]
    public void A_label_that_is_missing_is_named(string text, string says) =>
        DataAssert.Fails(FlowErrorKind.BadFormat, () => Read(text, "k"), says);

    [Fact]
    public void Labels_of_numbers_are_classes_in_the_order_of_numbers()
    {
        TableDataset table = Read("a,k\n1,-1\n2,10\n3,2.0\n4,-10\n", "k");
        Assert.Equal(["-10", "-1", "2", "10"], table.ClassNames!);
        Assert.Equal([1, 3, 2, 0], table.Labels!);
    }

    [Theory]
    [InlineData("=1+2", "'=1+2")]
    [InlineData("+x", "'+x")]
    [InlineData("-x,y", "\"'-x,y\"")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("-1", "-1")]
    [InlineData("a=b", "a=b")]
    public void A_name_that_spreadsheets_would_compute_is_written_as_text(string name, string written)
    {
        Assert.Equal(written, CsvWriter.Quoted(name));
        Assert.Equal([name, "k"], Read($"{written},k\n1,2\n").Columns);
        TableDataset labels = Read($"a,k\n1,{written}\n2,other\n", "k");
        Assert.Contains(name, labels.ClassNames!);
    }

    [Fact]
    public void A_label_column_that_is_not_there_is_refused() => DataAssert.Fails(
        FlowErrorKind.InvalidArgument, () => Read("a,b\n1,2\n", "c"), "no column 'c'", "one of a, b");

    [Fact]
    public void A_culture_changes_nothing()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("de-DE");
            Assert.Equal([1.5, 2.25], Flat(Read("a,b\n1.5,2.25\n")));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Whatever_is_written_is_read()
    {
        Gen<(double[][] Rows, char Delimiter, bool Quotes, string End, string[] Names)> tables =
            from rows in Gen.Choose(1, 8)
            from columns in Gen.Choose(1, 5)
            from bits in ArbMap.Default.GeneratorFor<double>().Where(double.IsFinite).ArrayOf(rows * columns)
            from delimiter in Gen.Elements(',', ';', '\t')
            from quotes in Gen.Elements(true, false)
            from end in Gen.Elements("\n", "\r\n")
            from names in Gen.Elements("age", "with \"quotes\"", "a,b;c\td", "two\nlines").ArrayOf(columns)
            select (bits.Chunk(columns).ToArray(), delimiter, quotes, end, names);
        Prop.ForAll(tables.ToArbitrary(), table =>
        {
            string[] lines =
            [
                string.Join(table.Delimiter, table.Names.Select(Quoted)),
                .. table.Rows.Select(row => string.Join(table.Delimiter, row.Select(value =>
                    table.Quotes ? Quoted(Number(value)) : Number(value)))),
            ];
            TableDataset read = Read(string.Join(table.End, lines));
            return Flat(read).SequenceEqual(table.Rows.SelectMany(row => row))
                && read.Columns.SequenceEqual(table.Names);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Any_text_reads_or_is_refused_in_one_line()
    {
        Gen<string> texts = Gen.Elements("1", "2.5", ",", ";", "\t", "\"", "\n", "\r", " ", "x", "-", "NaN", "e", ".")
            .ArrayOf().Select(string.Concat);
        Prop.ForAll(texts.ToArbitrary(), text =>
        {
            try
            {
                TableDataset table = Read(text);
                return table.Count > 0 && Flat(table).All(double.IsFinite);
            }
            catch (FlowException error)
            {
                return error.Kind == FlowErrorKind.BadFormat && !error.Message.Any(char.IsControl);
            }
        }).QuickCheckThrowOnFailure();
    }

    internal static double[] Flat(TableDataset table) =>
        [.. Enumerable.Range(0, table.Count).SelectMany(i => table[i].ToArray())];

    private static TableDataset Read(string text, string? label = null, bool? isHeader = null)
    {
        using StringReader reader = new(text.TrimStart('\uFEFF'));
        using CsvReader rows = CsvReader.Open(reader, "table.csv", new TableReading(label, isHeader));
        return rows.ReadAll("table");
    }

    private static string Quoted(string text) => $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
