using Cluster.Train.Data;
using Cluster.Train.Tests.Checkpoints;

namespace Cluster.Train.Tests.Data;

/// <summary>What cannot be used is refused in one line, with the place and the remedy.</summary>
public sealed class TableTroubleTests : IDisposable
{
    private const string Table = "a,side,kind\n1,left,yes\n2,right,no\n3,left,no\n";

    private static readonly TableOptions s_kind = new() { Targets = ["kind"], Kind = TargetKind.Class, Categorical = ["side"], TestShare = 0 };

    private readonly TemporaryDirectory _folder = new();

    public static TheoryData<string, string, string> Tables => new()
    {
        { "", "", " is empty; give a table with a column 'kind'" },
        { "a,side,kind\n", "", " has a header but no rows" },
        { "a;side;kind\n1;left;yes\n", "", " has no column 'side'; its columns are a;side;kind; are its cells separated by ';'? Then set the table's Delimiter to it" },
        { "a,side,side,kind\n1,l,l,yes\n", "", " has two columns 'side' (2 and 3); rename one" },
        { "a,side,kind\n1,left,yes\n2,right\n", "", ", line 3: 2 cells, but the first line has 3" },
        { "a,side,kind\n1,left,yes\n?,right,no\n", "", ", line 3, column 'a': '?' is a missing value; set the table's MissingNumbers to mean, median or the most frequent one" },
        { "a,side,kind\n1,left,yes\n2,,no\n", "", ", line 3, column 'side': an empty cell is a missing value; set the table's MissingCategories to the most frequent one or a category of its own" },
        { "a,side,kind\n1,left,yes\n2,right,\n", "", ", line 3, column 'kind': an empty cell is a missing value; set the table's SkipWithoutTarget to true to leave such rows out" },
        { "a,side,kind\n1,left,yes\n1.234,5,left,no\n", "", ", line 3: 4 cells, but the first line has 3" },
        { "a,side,kind\n1,left,yes\n\"1,5\",left,no\n", "", ", line 3, column 'a': '1,5' is not a finite number; are its decimals behind a comma? Then set the table's DecimalSeparator to it; a separator of thousands has to go" },
        { "a,side,kind\n1,left,yes\ntwo,left,no\n", "", ", line 3, column 'a': 'two' is not a finite number; is it a category? Then put the column into the table's Categorical, or into Ignore; does it stand for a missing value? Then put it into MissingCells" },
        { "a,side,kind\n1,left,yes\n1e39,left,no\n", "", ", line 3, column 'a': '1e39' is not a finite number" },
        { "a,side,kind\n1,left,yes\n2,left,yes\n", "", "target 'kind' has the one class 'yes' in all rows to train with; it needs two at least" },
        { "a,side,kind\n1,left,1.5\n2,left,2\n", "", "target 'kind' has 2 different values, such as '1.5', for classes; is it a quantity? Then set the table's Kind to Quantity" },
        { Table, "a,side\n1,left\n2,above\n", ", line 3, column 'side': 'above' is a category that no training row has, which has left, right; leave such rows out, or train with the table's Unseen as Other" },
        { Table, "", " is empty; give a table with columns a, side" },
        { Table, "a,side\n", " has a header but no rows" },
        { Table, "a,kind\n1,yes\n", " has no column 'side'; its columns are a, kind" },
        { Table, "a,side\n,left\n", ", line 2, column 'a': an empty cell is a missing value" },
    };

    [Theory]
    [MemberData(nameof(Tables))]
    public void A_table_that_cannot_be_used(string text, string rows, string expected)
    {
        File.WriteAllText(_folder["table.csv"], text);
        File.WriteAllText(_folder["new.csv"], rows);

        var refusal = Assert.Throws<BadInputException>(() => TableDataset.OpenNewData(_folder["new.csv"], s_kind, TableDataset.Open(_folder["table.csv"], s_kind).Preparation)).Message;

        Assert.Contains(expected, refusal, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal);
    }

    [Fact]
    public void One_that_is_larger_than_any_memory_is_refused_after_its_first_rows()
    {
        using (var file = File.Create(_folder["table.csv"]))
        {
            using (var writer = new StreamWriter(file, leaveOpen: true))
            {
                writer.Write("a,side,kind\n");
                for (var row = 0; row < 20_000; row++)
                {
                    writer.Write(row % 2 == 0 ? "1,l,y\n" : "2,r,n\n");
                }
            }

            // A hole: no place on the disk.
            file.SetLength(1L << 42);
        }

        var refusal = Assert.Throws<BadInputException>(() => TableDataset.Open(_folder["table.csv"], s_kind)).Message;

        Assert.Matches(@"^'.*table\.csv' has about [\d,]+ rows, which take [\d,.]+ GiB of memory; this process may use [\d,.]+ GiB\. Name fewer columns", refusal);
    }

    [Fact]
    public void Options_that_contradict_each_other()
    {
        Assert.Contains("needs a target", Refusal(s_kind with { Targets = [] }), StringComparison.Ordinal);
        Assert.Contains("one target of classes, not kind, a", Refusal(s_kind with { Targets = ["kind", "a"] }), StringComparison.Ordinal);
        Assert.Contains("a stratified split keeps the shares of classes", Refusal(s_kind with { Kind = TargetKind.Quantity, Split = SplitRule.Stratified }), StringComparison.Ordinal);
        Assert.Contains("the share of rows for evaluation is NaN", Refusal(s_kind with { TestShare = double.NaN }), StringComparison.Ordinal);
        Assert.Contains("categorical columns side, side name 'side' twice", Refusal(s_kind with { Categorical = ["side", "side"] }), StringComparison.Ordinal);
        Assert.Contains("'kind' is the target", Refusal(s_kind with { Features = ["a", "kind"] }), StringComparison.Ordinal);
        Assert.Contains("'side' is categorical, but no feature", Refusal(s_kind with { Features = ["a"] }), StringComparison.Ordinal);
        Assert.Contains("missing cells of numbers cannot be a category of its own", Refusal(s_kind with { MissingNumbers = MissingRule.Category }), StringComparison.Ordinal);
        Assert.Contains("missing cells of column 'side' cannot be the mean", Refusal(s_kind with { MissingIn = new Dictionary<string, MissingRule> { ["side"] = MissingRule.Mean } }), StringComparison.Ordinal);
        Assert.Contains("no feature, so nothing can be said about its missing cells", Refusal(s_kind with { Ignore = ["a"], MissingIn = new Dictionary<string, MissingRule> { ["a"] = MissingRule.Mean } }), StringComparison.Ordinal);
        Assert.Contains("its columns are a, side, kind", Refusal(s_kind with { Ignore = ["b"] }), StringComparison.Ordinal);
        Assert.Contains("has no column to predict 'kind' from", Refusal(s_kind with { Categorical = [], Ignore = ["a", "side"] }), StringComparison.Ordinal);
        Assert.Contains("has categories alone", Refusal(s_kind with { Encoding = CategoryEncoding.Number, Ignore = ["a"] }), StringComparison.Ordinal);
        Assert.Contains("has 3 columns, but 2 names: a, kind", Refusal(s_kind with { Columns = ["a", "kind"] }), StringComparison.Ordinal);

        string Refusal(TableOptions options)
        {
            File.WriteAllText(_folder["table.csv"], Table);
            return Assert.Throws<BadInputException>(() => TableDataset.Open(_folder["table.csv"], options)).Message;
        }
    }

    [Theory]
    [InlineData("", ": column 1 has no name; is it a row index, which pandas writes so? Put \"\" into the table's Ignore to leave such a column out, or name the columns of numbers in the table's Features")]
    [InlineData("Unnamed: 0", ": column 1 is called 'Unnamed: 0'; is it a row index, which pandas writes so? Put \"Unnamed: 0\" into the table's Ignore to leave it out, or name the columns of numbers in the table's Features")]
    [InlineData("__index_level_0__", ": column 1 is called '__index_level_0__'; is it a row index, which pandas writes so? Put")]
    public void A_row_index_is_learnt_from_only_where_it_is_named(string name, string expected)
    {
        File.WriteAllText(_folder["table.csv"], $"{name},a,side,kind\n0,1,left,yes\n1,2,right,no\n2,3,left,no\n");
        File.WriteAllText(_folder["plain.csv"], Table);

        var refusal = Assert.Throws<BadInputException>(() => TableDataset.Open(_folder["table.csv"], s_kind)).Message;
        var without = TableDataset.Open(_folder["table.csv"], s_kind with { Ignore = [name] });
        var with = TableDataset.Open(_folder["table.csv"], s_kind with { Features = [name, "a", "side"] });

        Assert.Contains(expected, refusal, StringComparison.Ordinal);
        Assert.Equal(TableDataset.Open(_folder["plain.csv"], s_kind).Preparation, without.Preparation);
        Assert.Equal(TablePreparation.Parse(without.Preparation).Width + 1, TablePreparation.Parse(with.Preparation).Width);
    }

    [Fact]
    public void A_class_that_only_rows_of_evaluation_have()
    {
        File.WriteAllText(_folder["table.csv"], Table);
        File.WriteAllText(_folder["test.csv"], "a,side,kind\n1,left,perhaps\n");

        var refusal = Assert.Throws<BadInputException>(() => TableDataset.Open(_folder["table.csv"], s_kind, _folder["test.csv"])).Message;

        Assert.Contains("test.csv', line 2, column 'kind': 'perhaps' is a class that no training row has, which has no, yes;", refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{\"table\":2,\"encoding\":\"one-hot\",\"columns\":[],\"targets\":[]}")]
    public void A_preparation_that_is_none(string? preparation) =>
        Assert.StartsWith("the checkpoint does not have what ", Assert.Throws<BadInputException>(() => TablePreparation.Parse(preparation)).Message, StringComparison.Ordinal);

    public void Dispose() => _folder.Dispose();
}
