using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Cluster.Train.Training;

namespace Cluster.Train.Data;

/// <summary>
/// Rows of a table from a CSV or Parquet file, prepared as its training rows taught. Fields: "features", float32
/// <c>[<see cref="TablePreparation.Width"/>]</c>; the target under its column's name, or "targets" where there are several: a class number,
/// int64 scalar, or scaled quantities, float32 <c>[targets]</c>; 0 in new rows; and, where categories are numbers, "categories", int64
/// <c>[columns]</c>. The file is held in memory, 8 bytes a number and 4 bytes a category; one that does not fit is refused. A Parquet
/// file is read one row group at a time, and only the columns that are used.
/// </summary>
public sealed class TableDataset : IDataset
{
    private readonly TableEncoder _encoder;
    private readonly int[] _rows;
    private readonly bool _hasTargets;

    private TableDataset(RawTable table, int[] rows, FittedTable fitted)
    {
        _rows = rows;
        _encoder = new TableEncoder(table, fitted);
        _hasTargets = table.Plan.Targets.Count > 0;
        Array.ForEach(rows, _encoder.Check);
        var target = fitted.Targets is [var only] ? only.Name : "targets";
        var categories = fitted.Encoding == CategoryEncoding.Number ? fitted.Columns.Count(column => column.IsCategory) : 0;
        Fields =
        [
            new FieldSpec("features", FieldType.Float32, TableEncoder.WidthOf(fitted)),
            fitted.Targets[0].Classes is null ? new FieldSpec(target, FieldType.Float32, fitted.Targets.Length) : new FieldSpec(target, FieldType.Int64),
            .. categories > 0 ? [new FieldSpec("categories", FieldType.Int64, categories)] : Array.Empty<FieldSpec>(),
        ];
        Fingerprint = $"table {Hash()}";
    }

    /// <inheritdoc/>
    public int Count => _rows.Length;

    /// <inheritdoc/>
    public IReadOnlyList<FieldSpec> Fields { get; }

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <summary>Opens a table to train with: splits it, fits its preparation on the training rows, and prepares both parts by that.</summary>
    /// <param name="path">A CSV file, gzip-compressed or not, or a Parquet file.</param>
    /// <param name="options">How it is written, and what its columns are.</param>
    /// <param name="testPath">A file of the same columns to evaluate with, in place of a split; null for none.</param>
    /// <returns>Both parts, with <see cref="TaskData.Preparation"/> and <see cref="TaskData.TargetScaling"/>.</returns>
    /// <exception cref="BadInputException">The file, a column or a cell cannot be used; names line and column.</exception>
    public static TaskData Open(string? path, TableOptions options, string? testPath = null)
    {
        path = Given(path);
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        IReadOnlyList<string>? names = null;
        var needs = $"a column '{options.Targets[0]}'";
        var table = TableReader.Read(path, options, trained: null, needs, rows =>
        {
            names = rows.Names;
            return TablePlan.Of(rows, options);
        });
        var test = testPath is null ? null : TableReader.Read(testPath, options, trained: null, needs, rows => TablePlan.Of(rows, options with { Features = [.. table.Plan.Features.Select(column => column.Name)], Ignore = [] }));
        var (training, evaluation) = TableSplitter.Split(table.Count, test is null ? options.TestShare : 0, options.SplitSeed, ClassesOf(table, options));
        var fitted = TableFit.Fit(table, training, options) with
        {
            FileColumns = !options.HasHeader || options.Columns.Count > 0 ? [.. names!] : null,
        };
        if (TableEncoder.WidthOf(fitted) == 0)
        {
            throw new BadInputException($"'{path}' has categories alone, and as numbers for embeddings they need a feature of numbers beside; set the table's Encoding to OneHot");
        }

        var preparation = fitted.Write();
        return new TaskData(
            new TableDataset(table, training, fitted),
            test is null ? new TableDataset(table, evaluation, fitted) : new TableDataset(test, [.. Enumerable.Range(0, test.Count)], fitted))
        {
            Preparation = preparation,
            TargetScaling = TablePreparation.Parse(preparation).TargetScaling,
        };
    }

    /// <summary>Opens new rows, to be predicted: all of a file, in its order, prepared as the training rows taught. They need no target.</summary>
    /// <param name="path">The file, of the same columns in any order; of one without header, the targets' columns may be left out.</param>
    /// <param name="options">How it is written.</param>
    /// <param name="preparation"><see cref="TaskData.Preparation"/> of the training's data, for example from <see cref="TrainedModel.Preparation"/>.</param>
    /// <exception cref="BadInputException">The file, a column or a cell cannot be used; names line and column.</exception>
    public static TaskData OpenNewData(string? path, TableOptions options, string? preparation) => NewData(path, options, preparation, TablePlan.OfNew);

    /// <summary>Opens new rows with their targets, to be evaluated: all of a file, in its order, prepared as the training rows taught.</summary>
    /// <param name="path">The file, of the same columns in any order.</param>
    /// <param name="options">How it is written; rows without a target are left out with <see cref="TableOptions.SkipWithoutTarget"/>, or else refused.</param>
    /// <param name="preparation">As for <see cref="OpenNewData"/>.</param>
    /// <exception cref="BadInputException">The file, a column or a cell cannot be used, or a class is one that no training row has; names line and column.</exception>
    public static TaskData OpenNewLabelledData(string? path, TableOptions options, string? preparation) =>
        NewData(path, options, preparation, (rows, fitted) => TablePlan.OfNewLabelled(rows, fitted, options.SkipWithoutTarget));

    /// <summary>New rows from memory, such as those of a request, to be read with <see cref="ReadSamples"/>.</summary>
    /// <param name="rows">A cell for each column by its name; one that is left out is missing. Numbers have a decimal point.</param>
    /// <param name="options">Which cells stand for a missing value.</param>
    /// <param name="preparation">As for <see cref="OpenNewData"/>.</param>
    /// <exception cref="BadInputException">A cell cannot be used; names row and column.</exception>
    public static TableDataset OfRows(IReadOnlyList<IReadOnlyDictionary<string, string>> rows, TableOptions options, string? preparation)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(options);
        var fitted = TablePreparation.Parse(preparation);
        var given = new GivenRows(rows, fitted.Features);
        return (TableDataset)NewData(TableReader.Read(given, options, TablePlan.OfNew(given, fitted.Fitted)), fitted, preparation!).Evaluation;
    }

    /// <inheritdoc/>
    public void Read(ReadOnlySpan<int> samples, int epoch, BatchBuffers into)
    {
        var (width, targets, columns) = (Fields[0].Elements, Fields[1].Elements, Fields.Count > 2 ? Fields[2].Elements : 0);
        var isClass = Fields[1].Type == FieldType.Int64;
        var features = into.Floats(0);
        var classes = isClass ? into.Integers(1) : [];
        var quantities = isClass ? [] : into.Floats(1);
        var categories = columns > 0 ? into.Integers(2) : [];
        for (var i = 0; i < samples.Length; i++)
        {
            Encode(_rows[samples[i]], features.Slice(i * width, width), categories.Slice(i * columns, columns));
            if (isClass)
            {
                classes[i] = _hasTargets ? _encoder.Class(_rows[samples[i]]) : 0;
            }
            else
            {
                Quantities(_rows[samples[i]], quantities.Slice(i * targets, targets));
            }
        }
    }

    private static string Given(string? path) => path is null
        ? throw new BadInputException("a table is needed: give --data FILE, a CSV or Parquet file")
        : Directory.Exists(path) ? throw new BadInputException($"'{path}' is a folder: give a CSV or Parquet file")
        : path;

    private static TaskData NewData(string? path, TableOptions options, string? preparation, Func<ITableRows, FittedTable, TablePlan> planOf)
    {
        path = Given(path);
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        var fitted = TablePreparation.Parse(preparation);
        IReadOnlyList<string>? columns = fitted.Fitted.FileColumns is { } named ? [.. named] : null;
        var needs = $"{(fitted.Features.Count == 1 ? "a column" : "columns")} {CellText.List(fitted.Features)}";
        return NewData(TableReader.Read(path, options, columns, needs, rows => planOf(rows, fitted.Fitted)), fitted, preparation!);
    }

    private static TaskData NewData(RawTable table, TablePreparation preparation, string text)
    {
        var samples = new TableDataset(table, [.. Enumerable.Range(0, table.Count)], preparation.Fitted);
        return new TaskData(samples, samples) { Preparation = text, TargetScaling = preparation.TargetScaling };
    }

    private static List<int[]>? ClassesOf(RawTable table, TableOptions options)
    {
        if (options.Kind != TargetKind.Class || options.Split == SplitRule.Shuffled)
        {
            return null;
        }

        var target = table.Plan.Targets[0];
        var classes = Enumerable.Range(0, table.Count).ToLookup(row => table.Values(target)[table.Word(row, target)], StringComparer.Ordinal);
        return [.. TableFit.Ordered(table.Values(target)).Select(name => classes[name].ToArray())];
    }

    private void Encode(int row, Span<float> features, Span<long> categories) => _encoder.Features(row, features, categories);

    private void Quantities(int row, Span<float> into)
    {
        if (_hasTargets)
        {
            _encoder.Quantities(row, into);
        }
        else
        {
            into.Clear();
        }
    }

    /// <summary>Over all that a model gets, and so over the cells and what was fitted.</summary>
    private string Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(string.Join('\n', Fields.Select(field => $"{field.Name} {field.Type}")) + "\n"));
        var features = new float[Fields[0].Elements + (Fields[1].Type == FieldType.Float32 ? Fields[1].Elements : 0)];
        var integers = new long[1 + (Fields.Count > 2 ? Fields[2].Elements : 0)];
        foreach (var row in _rows)
        {
            Encode(row, features.AsSpan(0, Fields[0].Elements), integers.AsSpan(1));
            if (Fields[1].Type == FieldType.Float32)
            {
                Quantities(row, features.AsSpan(Fields[0].Elements));
            }
            else
            {
                integers[0] = _hasTargets ? _encoder.Class(row) : 0;
            }

            hash.AppendData(MemoryMarshal.AsBytes(features.AsSpan()));
            hash.AppendData(MemoryMarshal.AsBytes(integers.AsSpan()));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
