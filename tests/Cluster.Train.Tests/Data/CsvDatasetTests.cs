using Cluster.Train.Data;
using Cluster.Train.Tests.Checkpoints;
using Cluster.Train.Tests.Training.Data;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Data;

public sealed class CsvDatasetTests : IDisposable
{
    private static readonly CsvLayout s_price = new() { Target = "price" };
    private readonly TemporaryDirectory _folder = new();

    [Fact]
    public void All_columns_but_the_target_are_features()
    {
        var dataset = Read("rooms,price,area\n3, 250.5 ,81\n\n\"4\",1e3,-0.25\n", s_price);

        Assert.Equal(["rooms", "area"], dataset.Features);
        Assert.Equal((2, "price", FieldType.Float32), (dataset.Count, dataset.Fields[1].Name, dataset.Fields[1].Type));
        var fields = SampleReader.Read(dataset, 1, 0);
        Assert.Equal([4f, -0.25f, 3f, 81f], (float[])fields[0]);
        Assert.Equal([1000f, 250.5f], (float[])fields[1]);
    }

    [Fact]
    public void Features_come_in_the_order_asked_for_and_a_class_is_an_integer()
    {
        var layout = new CsvLayout { Target = "kind", Features = ["b", "a"], TargetType = FieldType.Int64, Classes = 3, Delimiter = ';' };

        var fields = SampleReader.Read(Read("a;unused;b;kind\n1;text;2;2\n", layout), 0);

        Assert.Equal([2f, 1f], (float[])fields[0]);
        Assert.Equal([2L], (long[])fields[1]);
    }

    [Fact]
    public void Without_a_header_columns_are_called_by_their_number()
    {
        var dataset = Read("1,2,3\n4,5,6", new CsvLayout { Target = "3", HasHeader = false });

        Assert.Equal(["1", "2"], dataset.Features);
        Assert.Equal([3f, 6f], (float[])SampleReader.Read(dataset, 0, 1)[1]);
    }

    [Fact]
    public void The_fingerprint_is_that_of_the_numbers_and_their_columns()
    {
        const string table = "a,b,price\n1,2,3\n";
        var fingerprint = Read(table, s_price).Fingerprint;

        Assert.Equal(fingerprint, Read("price,a,b\r\n3.0,1,\"2\"", s_price).Fingerprint);
        Assert.NotEqual(fingerprint, Read("a,b,price\n1,2,4\n", s_price).Fingerprint);
        Assert.NotEqual(fingerprint, Read(table, s_price with { Features = ["b", "a"] }).Fingerprint);
        Assert.NotEqual(fingerprint, Read(table, s_price with { TargetType = FieldType.Int64, Classes = 4 }).Fingerprint);
    }

    [Theory]
    [InlineData("", " is empty; give a table with a column 'price'")]
    [InlineData("a,price\n", " has a header but no rows")]
    [InlineData("a,cost\n1,2", " has no column 'price'; its columns are a, cost")]
    [InlineData("price\n1", " has only the target column 'price'; it needs at least one more to predict it from")]
    [InlineData("a,price,a\n1,2,3", " has two columns 'a' (1 and 3); rename one")]
    [InlineData("a,price\n1,2\nx1,2", ", line 3, column 'a': 'x1' is not a finite number with a decimal point; name the columns of numbers in the layout's Features, or put this one into Ignore")]
    [InlineData("a,price\n1,\n", ", line 2, column 'price': an empty cell is not a finite number with a decimal point; does it stand for a missing value? Then put \"\" into the layout's MissingValues to leave such rows out")]
    [InlineData("a,price\n1,2\n\n1,NaN", ", line 4, column 'price': 'NaN' is not a finite number with a decimal point; does it stand for a missing value? Then put 'NaN' into the layout's MissingValues to leave such rows out")]
    [InlineData("a,price\n1e99,2", ", line 2, column 'a': '1e99' is not a finite number with a decimal point; it is beyond the range of float32, 3.4e38, or infinite")]
    [InlineData("a,price\n\"1,5\",2", ", line 2, column 'a': '1,5' is not a finite number with a decimal point; are its decimals behind a comma? Then set the layout's DecimalSeparator to it; a separator of thousands has to go")]
    [InlineData("a,price\n1,2,3", ", line 2: 3 cells, but the first line has 2; is a decimal comma or a delimiter in a cell without quotes, or has the header no name for a row index?")]
    [InlineData("a,price\n1", ", line 2: 1 cells, but the first line has 2")]
    [InlineData("a,price\n1\"2,3", ", line 2: a quote stands in the middle of a cell; put the whole cell in quotes and double those inside")]
    public void A_bad_table_is_refused_in_one_line(string table, string expected) =>
        Assert.Equal($"'{_folder["table.csv"]}'{expected}", Refusal(table, s_price));

    [Theory]
    [InlineData("-1", null, "a class number: 0, 1, 2, …; its values are -1: ")]
    [InlineData("1.5", null, "a class number: 0, 1, 2, …; its values are 1.5: ")]
    [InlineData("3", 3, "a class number from 0 to 2; its values are 3: ")]
    public void A_class_is_a_whole_number_in_range(string cell, int? classes, string needed) =>
        Assert.Equal(
            $"'{_folder["table.csv"]}', line 2, column 'price': '{cell}' is not {needed}set the layout's ClassLabels to its classes, in the order of the numbers 0, 1, 2, … that they get",
            Refusal($"a,price\n1,{cell}", s_price with { TargetType = FieldType.Int64, Classes = classes }));

    [Fact]
    public void A_feature_column_that_is_not_there_is_named() =>
        Assert.EndsWith("has no column 'b'; its columns are a, price", Refusal("a,price\n1,2", s_price with { Features = ["b"] }), StringComparison.Ordinal);

    [Fact]
    public void A_missing_file_is_named() =>
        Assert.StartsWith($"'{_folder["none"]}' cannot be read: ", Assert.Throws<BadInputException>(() => CsvDataset.Read(_folder["none"], s_price)).Message, StringComparison.Ordinal);

    public void Dispose() => _folder.Dispose();

    private CsvDataset Read(string table, CsvLayout layout)
    {
        File.WriteAllText(_folder["table.csv"], table);
        return CsvDataset.Read(_folder["table.csv"], layout);
    }

    private string Refusal(string table, CsvLayout layout) => Assert.Throws<BadInputException>(() => Read(table, layout)).Message;
}
