using System.Text.Json;
using System.Text.Json.Serialization;
using Cluster.Train.Data;
using Cluster.Train.Tests.Checkpoints;
using Cluster.Train.Tests.Training.Data;

namespace Cluster.Train.Tests.Data;

/// <summary>Against what scikit-learn fits: Reference/tables.py.</summary>
public sealed class TableReferenceTests
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    private static readonly Lazy<Reference> s_reference = new(() => JsonSerializer.Deserialize<Reference>(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data", "Reference", "tables.json")), s_json)!);

    [Theory]
    [InlineData(MissingRule.Mean, ColumnScaling.Standard)]
    [InlineData(MissingRule.Mean, ColumnScaling.MinMax)]
    [InlineData(MissingRule.Mean, ColumnScaling.None)]
    [InlineData(MissingRule.Median, ColumnScaling.Standard)]
    [InlineData(MissingRule.Median, ColumnScaling.MinMax)]
    [InlineData(MissingRule.Median, ColumnScaling.None)]
    [InlineData(MissingRule.MostFrequent, ColumnScaling.Standard)]
    [InlineData(MissingRule.MostFrequent, ColumnScaling.MinMax)]
    [InlineData(MissingRule.MostFrequent, ColumnScaling.None)]
    public void Imputed_scaled_and_one_hot_values_are_those_of_scikit_learn(MissingRule missing, ColumnScaling scaling)
    {
        using var folder = new TemporaryDirectory();
        File.WriteAllText(folder["table.csv"], s_reference.Value.Csv);
        var expected = s_reference.Value.Cases.Single(one => one.Missing == missing && one.Scaling == scaling);

        var data = TableDataset.Open(folder["table.csv"], new TableOptions
        {
            Targets = ["price"],
            Kind = TargetKind.Quantity,
            Categorical = ["side"],
            MissingNumbers = missing,
            MissingCategories = MissingRule.MostFrequent,
            Scaling = scaling,
            TestShare = 0,
        });

        var fitted = TablePreparation.Parse(data.Preparation).Fitted;
        Assert.Equal(expected.Categories, fitted.Columns[4].Categories!.Value);
        Assert.All(expected.Fill.Index(), fill => Near(fill.Item, fitted.Columns[fill.Index].Fill!.Value, 1e-14));
        Near(expected.TargetMean, fitted.Targets[0].Offset!.Value, 1e-14);
        Near(expected.TargetDeviation, fitted.Targets[0].Factor!.Value, 1e-14);
        var features = (float[])SampleReader.Read(data.Training, [.. Enumerable.Range(0, data.Training.Count)])[0];
        Assert.Equal(expected.Features.Length * 8, features.Length);
        Assert.All(expected.Features.SelectMany(row => row).Zip(features), pair => Near(pair.First, pair.Second, 1e-6));
    }

    private static void Near(double expected, double actual, double tolerance) =>
        Assert.InRange(actual, expected - (tolerance * Math.Max(1, Math.Abs(expected))), expected + (tolerance * Math.Max(1, Math.Abs(expected))));

    private sealed record Reference(string Csv, Case[] Cases);

    private sealed record Case(MissingRule Missing, ColumnScaling Scaling, double[] Fill, string[] Categories, double[][] Features, double TargetMean, double TargetDeviation);
}
