using Cluster.Train.Data;
using Cluster.Train.Tests.Checkpoints;
using Parquet;
using Parquet.Schema;

namespace Cluster.Train.Tests.Data;

public sealed class ParquetTableTests : IDisposable
{
    private static readonly TableOptions s_options = new()
    {
        Targets = ["price"],
        Kind = TargetKind.Quantity,
        Categorical = ["side", "new"],
        MissingNumbers = MissingRule.Mean,
        MissingCategories = MissingRule.Category,
        TestShare = 0.25,
    };

    private readonly TemporaryDirectory _folder = new();

    [Fact]
    public async Task Row_groups_nulls_and_types_are_read_as_the_same_table_in_CSV_is()
    {
        await WriteAsync(_folder["table.parquet"]);
        await File.WriteAllTextAsync(_folder["table.csv"], string.Join('\n', Enumerable.Range(0, 12).Select(row => Invariant(
            $"{row},{(row % 5 == 0 ? "" : $"{row / 8.0f}")},{(row % 4 == 0 ? "" : row % 2 == 0 ? "left" : "right")},{(row % 3 == 0 ? 1 : 0)},{row * 0.1}")).Prepend("rooms,area,side,new,price")));

        var parquet = TableDataset.Open(_folder["table.parquet"], s_options);
        var csv = TableDataset.Open(_folder["table.csv"], s_options);
        var rows = TableDataset.OpenNewData(_folder["table.parquet"], s_options, csv.Preparation);

        Assert.Equal((9, 3), (parquet.Training.Count, parquet.Evaluation.Count));
        Assert.Equal(csv.Preparation, parquet.Preparation);
        Assert.Equal((csv.Training.Fingerprint, csv.Evaluation.Fingerprint), (parquet.Training.Fingerprint, parquet.Evaluation.Fingerprint));
        Assert.Equal(12, rows.Evaluation.Count);
    }

    [Fact]
    public async Task What_cannot_be_used_is_told_with_its_row()
    {
        await WriteAsync(_folder["table.parquet"]);
        await File.WriteAllTextAsync(_folder["broken.parquet"], "PAR1 and then nothing");

        Assert.Contains("table.parquet', row 1, column 'side': an empty cell is a missing value", Refusal("table.parquet", s_options with { MissingCategories = MissingRule.MostFrequent, MissingIn = new Dictionary<string, MissingRule> { ["side"] = MissingRule.Refuse } }), StringComparison.Ordinal);
        Assert.Contains("has no column 'Side'; its columns are rooms, area, side, new, price; did you mean 'side'?", Refusal("table.parquet", s_options with { Categorical = ["Side"] }), StringComparison.Ordinal);
        Assert.Contains("broken.parquet' cannot be read as Parquet: ", Refusal("broken.parquet", s_options), StringComparison.Ordinal);

        string Refusal(string file, TableOptions options) => Assert.Throws<BadInputException>(() => TableDataset.Open(_folder[file], options)).Message;
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Twelve rows in three groups of 5, 5 and 2.</summary>
    private static async Task WriteAsync(string path)
    {
        var rooms = new DataField<int>("rooms");
        var area = new DataField<float>("area", nullable: true);
        var side = new DataField<string>("side", nullable: true);
        var isNew = new DataField<bool>("new");
        var price = new DataField<double>("price");
        await using var file = File.Create(path);
        await using var writer = await ParquetWriter.CreateAsync(new ParquetSchema(rooms, area, side, isNew, price), file);
        foreach (var group in Enumerable.Range(0, 12).Chunk(5))
        {
            using var rows = writer.CreateRowGroup();
            await rows.WriteAsync<int>(rooms, group);
            await rows.WriteAsync<float>(area, group.Select(row => row % 5 == 0 ? (float?)null : row / 8.0f).ToArray());
            await rows.WriteAsync(side, group.Select(row => row % 4 == 0 ? null : row % 2 == 0 ? "left" : "right").ToArray()!);
            await rows.WriteAsync<bool>(isNew, group.Select(row => row % 3 == 0).ToArray());
            await rows.WriteAsync<double>(price, group.Select(row => row * 0.1).ToArray());
            rows.CompleteValidate();
        }
    }
}
