using Cluster.Train.Data;
using Cluster.Train.Tests.Checkpoints;
using Cluster.Train.Tests.Training.Data;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Data;

public sealed class TableDatasetTests : IDisposable
{
    // Means 2 and 30 and deviations 1 and 20 of the four rows: exact in every digit.
    private const string Table = "a,side,b,kind\n1,left,10,yes\n3,right,50,no\n1,left,10,no\n3,left,50,yes\n";

    private static readonly TableOptions s_kind = new() { Targets = ["kind"], Kind = TargetKind.Class, Categorical = ["side"], TestShare = 0 };

    private readonly TemporaryDirectory _folder = new();

    [Fact]
    public void Numbers_are_scaled_categories_one_hot_and_classes_numbered_in_order()
    {
        var data = Open(Table, s_kind);
        var prepared = TablePreparation.Parse(data.Preparation);

        var fields = SampleReader.Read(data.Training, 0, 1);

        Assert.Equal([-1f, 1, 0, -1, 1, 0, 1, 1], (float[])fields[0]);
        Assert.Equal([1L, 0], (long[])fields[1]);
        Assert.Equal(["no", "yes"], prepared.Classes);
        Assert.Equal(["a", "side", "b"], prepared.Features);
        Assert.Equal((4, 2, 0), (prepared.Width, prepared.Outputs, prepared.CategoryCounts.Count));
        Assert.Equal(0, data.Evaluation.Count);
        Assert.Null(data.TargetScaling);
    }

    [Fact]
    public void Categories_as_numbers_are_a_field_of_their_own()
    {
        var data = Open(Table, s_kind with { Encoding = CategoryEncoding.Number, Unseen = UnseenRule.Other, MissingCategories = MissingRule.Category });
        var rows = New("b,side,a\n10,right,1\n10,?,1\n10,above,1\n", data, s_kind);

        var fields = SampleReader.Read(rows, 0, 1, 2);

        Assert.Equal(["features", "kind", "categories"], rows.Fields.Select(field => field.Name));
        Assert.Equal([-1f, -1, -1, -1, -1, -1], (float[])fields[0]);
        // left, right, missing, another.
        Assert.Equal([1L, 2, 3], (long[])fields[2]);
        Assert.Equal([4], TablePreparation.Parse(data.Preparation).CategoryCounts);
    }

    [Fact]
    public void Another_category_is_all_zeros_in_one_hot_encoding_and_a_missing_one_has_its_place()
    {
        var data = Open(Table, s_kind with { Unseen = UnseenRule.Other, MissingCategories = MissingRule.Category });

        var features = (float[])SampleReader.Read(New("a,side,b\n2,above,30\n2,,30\n2,right,30\n", data, s_kind), 0, 1, 2)[0];

        Assert.Equal([0f, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0], features);
    }

    [Fact]
    public void Several_quantities_are_scaled_and_told_how()
    {
        var data = Open(Table, s_kind with { Targets = ["b", "a"], Kind = TargetKind.Quantity, Categorical = ["side", "kind"], TargetScaling = ColumnScaling.MinMax });

        var fields = SampleReader.Read(data.Training, 0, 1);

        Assert.Equal("targets", data.Training.Fields[1].Name);
        Assert.Equal([0f, 0, 1, 1], (float[])fields[1]);
        Assert.Equal([40.0, 2], data.TargetScaling!.Factors.AsEnumerable());
        Assert.Equal([10.0, 1], data.TargetScaling.Offsets.AsEnumerable());
    }

    [Fact]
    public void What_is_missing_is_filled_as_the_training_rows_say_column_by_column()
    {
        const string table = "a,b,c,side,kind\n1,?,1,left,1\n2,4,,,2\nNA,8,5,right,1\n9,9,5,right,2\n";
        var options = s_kind with
        {
            MissingNumbers = MissingRule.Mean,
            MissingIn = new Dictionary<string, MissingRule> { ["b"] = MissingRule.Median, ["c"] = MissingRule.MostFrequent },
            MissingCategories = MissingRule.MostFrequent,
            Scaling = ColumnScaling.None,
        };

        var features = (float[])SampleReader.Read(Open(table, options).Training, 0, 1, 2, 3)[0];

        Assert.Equal([1f, 8, 1, 1, 0, 2, 4, 5, 0, 1, 4, 8, 5, 0, 1, 9, 9, 5, 0, 1], features);
    }

    [Fact]
    public void Only_training_rows_are_fitted_on()
    {
        var rows = Enumerable.Range(0, 50).Select(row => $"{row * row},{(row % 2 == 0 ? "x" : "y")}").ToArray();
        var data = Open("a,kind\n" + string.Join('\n', rows), new() { Targets = ["kind"], Kind = TargetKind.Class, Split = SplitRule.Shuffled });

        var fitted = TablePreparation.Parse(data.Preparation).Fitted.Columns[0];
        var kept = TableSplitter.Split(50, 0.2, seed: 1, classes: null).Training;

        Assert.Equal((40, 10), (data.Training.Count, data.Evaluation.Count));
        Assert.Equal(kept.Sum(row => (double)row * row) / 40, fitted.Offset);
    }

    [Fact]
    public void A_file_to_evaluate_with_is_prepared_by_the_other()
    {
        File.WriteAllText(_folder["test.csv"], "kind,b,a,side\nno,70,5,right\n");
        var data = TableDataset.Open(Write(Table), s_kind with { TestShare = 0.5 }, _folder["test.csv"]);

        var fields = SampleReader.Read(data.Evaluation, 0);

        Assert.Equal((4, 1), (data.Training.Count, data.Evaluation.Count));
        Assert.Equal([3f, 0, 1, 2], (float[])fields[0]);
        Assert.Equal([0L], (long[])fields[1]);
    }

    [Fact]
    public void New_rows_need_neither_target_nor_order_nor_header_and_may_have_more()
    {
        var options = s_kind with { Targets = ["4"], Categorical = ["2"], HasHeader = false };
        var data = Open(Table[(Table.IndexOf('\n', StringComparison.Ordinal) + 1)..], options);
        var named = Open(Table, s_kind);

        var bare = (float[])SampleReader.Read(New("1,left,10\n3,right,50\n", data, options), 0, 1)[0];
        var whole = (float[])SampleReader.Read(New("1,left,10,whatever\n", data, options), 0)[0];
        var further = (float[])SampleReader.Read(New("more,b,a,side\nx,10,1,left\n", named, s_kind), 0)[0];
        var given = TableDataset.OfRows([new Dictionary<string, string> { ["a"] = "1", ["side"] = "left", ["b"] = " 10.0" }], s_kind, named.Preparation);

        Assert.Equal([-1f, 1, 0, -1, 1, 0, 1, 1], bare);
        Assert.All([whole, further, (float[])SampleReader.Read(given, 0)[0]], row => Assert.Equal([-1f, 1, 0, -1], row));
        Assert.Equal(["a", "left"], [.. named.Preparation!.Split('"').Intersect(["a", "left"])]);
    }

    [Fact]
    public void New_rows_with_targets_have_them_in_the_trainings_scale_and_numbers()
    {
        var quantities = s_kind with { Targets = ["b", "a"], Kind = TargetKind.Quantity, Categorical = ["side", "kind"], TargetScaling = ColumnScaling.MinMax };
        var bare = s_kind with { Targets = ["4"], Categorical = ["2"], HasHeader = false };
        var (classes, scaled, numbered) = (Open(Table, s_kind), Open(Table, quantities), Open(Table[(Table.IndexOf('\n', StringComparison.Ordinal) + 1)..], bare));

        var kinds = Labelled("kind,b,a,side\nyes,10,1,left\n", classes, s_kind);
        var amounts = Labelled("kind,b,a,side\nyes,90,2,left\n", scaled, quantities);
        var unnamed = Labelled("1,left,10,yes\n", numbered, bare);

        Assert.Equal(["-1 1 0 -1", "-1 1 0 -1"], [Text(kinds, 0), Text(unnamed, 0)]);
        Assert.Equal(["1", "1"], [Text(kinds, 1), Text(unnamed, 1)]);
        // From 10 to 50, and from 1 to 3.
        Assert.Equal("2 0.5", Text(amounts, 1));

        IDataset Labelled(string text, TaskData trained, TableOptions options) => TableDataset.OpenNewLabelledData(Write(text), options, trained.Preparation).Evaluation;

        static string Text(IDataset rows, int field) => string.Join(' ', SampleReader.Read(rows, 0)[field].Cast<object>().Select(value => Invariant($"{value}")));
    }

    [Fact]
    public void Rows_without_a_target_are_left_out_where_that_is_said()
    {
        var data = Open("a,kind\n1,yes\n2,\n3,no\n", new() { Targets = ["kind"], Kind = TargetKind.Class, TestShare = 0, SkipWithoutTarget = true });

        Assert.Equal(2, data.Training.Count);
    }

    [Fact]
    public void Cells_values_and_messages_are_the_same_under_any_culture()
    {
        var read = new HashSet<string>();
        var told = new HashSet<string>();
        foreach (var culture in (string[])["en-US", "de-DE", "sv-SE", "fa-IR", "tr-TR"])
        {
            Cultures.Under(culture, () =>
            {
                var options = s_kind with { Targets = ["kind"], Categorical = ["İ"], Delimiter = ';', DecimalSeparator = ',' };
                var data = Open("İ;i;kind\nI;-1,5;yes\nı;2,25e1;no\nI;1;no\n", options);
                read.Add(data.Preparation + data.Training.Fingerprint + New("İ;i\nI;0,5\n", data, options).Fingerprint);
                told.Add(Assert.Throws<BadInputException>(() => New("İ;i\nI;0.5\n", data, options)).Message);
            });
        }

        Assert.Single(read);
        Assert.Single(told);
        Assert.Contains("\"offset\":7.333333333333333,", read.Single(), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private TaskData Open(string text, TableOptions options) => TableDataset.Open(Write(text), options);

    private IDataset New(string text, TaskData trained, TableOptions options)
    {
        var data = TableDataset.OpenNewData(Write(text), options, trained.Preparation);
        Assert.Equal(trained.Preparation, data.Preparation);
        return data.Evaluation;
    }

    private string Write(string text)
    {
        File.WriteAllText(_folder["table.csv"], text);
        return _folder["table.csv"];
    }
}
