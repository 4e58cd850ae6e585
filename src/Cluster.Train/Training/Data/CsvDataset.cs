using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;

namespace Cluster.Train.Training;

/// <summary>Which columns of a table are what.</summary>
public sealed record CsvLayout
{
    /// <summary>The column that is to be predicted.</summary>
    public required string Target { get; init; }

    /// <summary>The columns to predict it from, in the order in which the model gets them. <b>Default</b>: all but the target.</summary>
    public IReadOnlyList<string> Features { get; init; } = [];

    /// <summary>
    /// Float32 for a quantity; Int64 for a class number, which has to be a whole number of at least 0.
    /// <b>Default</b>: Float32.
    /// </summary>
    public FieldType TargetType { get; init; } = FieldType.Float32;

    /// <summary>How many classes an Int64 target has, to find numbers beyond; null for any. <b>Default</b>: null.</summary>
    public int? Classes { get; init; }

    /// <summary>Whether the first line names the columns. Otherwise they are called "1", "2", and so on. <b>Default</b>: true.</summary>
    public bool HasHeader { get; init; } = true;

    /// <summary>What stands between two cells. <b>Default</b>: a comma.</summary>
    public char Delimiter { get; init; } = ',';
}

/// <summary>
/// A table of numbers from a CSV file (RFC 4180), read whole. Fields: "features", float32 <c>[columns]</c>, and the
/// target under its column's name, a scalar. Numbers are written with a decimal point, whatever the machine's culture.
/// </summary>
public sealed class CsvDataset : IDataset
{
    private readonly float[] _features;
    private readonly float[] _quantities;
    private readonly long[] _classes;
    private readonly int _width;

    private CsvDataset(CsvLayout layout, IReadOnlyList<string> columns, float[] features, float[] quantities, long[] classes)
    {
        (Features, _features, _quantities, _classes) = (columns, features, quantities, classes);
        _width = columns.Count;
        Count = features.Length / _width;
        Fields = [new FieldSpec("features", FieldType.Float32, _width), new FieldSpec(layout.Target, layout.TargetType)];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var name in columns.Append(layout.Target))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(name + "\n"));
        }

        hash.AppendData(MemoryMarshal.AsBytes(features.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(quantities.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(classes.AsSpan()));
        Fingerprint = $"csv {Convert.ToHexStringLower(hash.GetHashAndReset())}";
    }

    /// <summary>Names of the feature columns, in the order in which the model gets them.</summary>
    public IReadOnlyList<string> Features { get; }

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public IReadOnlyList<FieldSpec> Fields { get; }

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file, in UTF-8.</param>
    /// <param name="layout">Which columns are what.</param>
    /// <exception cref="BadInputException">It cannot be read, lacks a column or any row, or a cell is no number; names the line and the column.</exception>
    public static CsvDataset Read(string path, CsvLayout layout)
    {
        ArgumentNullException.ThrowIfNull(layout);
        try
        {
            using var reader = new StreamReader(path);
            return Read(path, layout, reader);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"'{path}' cannot be read: {error.Message.ReplaceLineEndings(" ")}", error);
        }
    }

    /// <inheritdoc/>
    public void Read(ReadOnlySpan<int> samples, int epoch, BatchBuffers into)
    {
        var features = into.Floats(0);
        for (var i = 0; i < samples.Length; i++)
        {
            _features.AsSpan(samples[i] * _width, _width).CopyTo(features[(i * _width)..]);
        }

        if (Fields[1].Type == FieldType.Float32)
        {
            Pick(_quantities, samples, into.Floats(1));
        }
        else
        {
            Pick(_classes, samples, into.Integers(1));
        }
    }

    private static void Pick<T>(T[] values, ReadOnlySpan<int> samples, Span<T> into)
    {
        for (var i = 0; i < samples.Length; i++)
        {
            into[i] = values[samples[i]];
        }
    }

    private static CsvDataset Read(string path, CsvLayout layout, StreamReader reader)
    {
        var configuration = new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            Delimiter = layout.Delimiter.ToString(),
            TrimOptions = TrimOptions.Trim,
            BadDataFound = bad => throw new BadInputException(
                Invariant($"'{path}', line {bad.Context.Parser!.RawRow}: a quote stands in the middle of a cell; put the whole cell in quotes and double those inside")),
        };
        using var parser = new CsvParser(reader, configuration);
        if (!parser.Read())
        {
            throw new BadInputException($"'{path}' is empty; give a table with a column '{layout.Target}'");
        }

        var names = layout.HasHeader ? parser.Record! : [.. Enumerable.Range(1, parser.Count).Select(number => Invariant($"{number}"))];
        var features = layout.Features.Count > 0 ? [.. layout.Features] : names.Where(name => name != layout.Target).ToArray();
        var target = IndexOf(path, names, layout.Target);
        var indices = features.Select(name => IndexOf(path, names, name)).ToArray();
        if (features.Length == 0)
        {
            throw new BadInputException($"'{path}' has only the target column '{layout.Target}'; it needs at least one more to predict it from");
        }

        var table = new Table(path, parser, names);
        var values = new List<float>();
        var quantities = new List<float>();
        var classes = new List<long>();
        var rows = 0;
        for (var more = !layout.HasHeader || parser.Read(); more; more = parser.Read())
        {
            table.CheckWidth();
            foreach (var index in indices)
            {
                values.Add(table.Number(index));
            }

            if (layout.TargetType == FieldType.Float32)
            {
                quantities.Add(table.Number(target));
            }
            else
            {
                classes.Add(table.Class(target, layout.Classes));
            }

            rows++;
        }

        return rows > 0
            ? new CsvDataset(layout, features, [.. values], [.. quantities], [.. classes])
            : throw new BadInputException($"'{path}' has a header but no rows");
    }

    private static int IndexOf(string path, string[] names, string name)
    {
        var index = Array.IndexOf(names, name);
        if (index < 0)
        {
            throw new BadInputException($"'{path}' has no column '{name}'; its columns are {string.Join(", ", names)}");
        }

        return Array.LastIndexOf(names, name) == index
            ? index
            : throw new BadInputException(Invariant($"'{path}' has two columns '{name}' ({index + 1} and {Array.LastIndexOf(names, name) + 1}); rename one"));
    }

    /// <summary>The cells of the current row.</summary>
    private sealed class Table(string path, CsvParser parser, string[] names)
    {
        internal void CheckWidth()
        {
            if (parser.Count != names.Length)
            {
                throw new BadInputException(Invariant($"'{path}', line {parser.RawRow}: {parser.Count} cells, but the first line has {names.Length}"));
            }
        }

        internal float Number(int index) =>
            float.TryParse(parser[index], NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && float.IsFinite(value)
                ? value
                : throw Bad(index, "a finite number with a decimal point");

        internal long Class(int index, int? classes) =>
            long.TryParse(parser[index], NumberStyles.None, CultureInfo.InvariantCulture, out var value) && (classes is null || value < classes)
                ? value
                : throw Bad(index, classes is null ? "a class number: 0, 1, 2, …" : Invariant($"a class number from 0 to {classes - 1}"));

        private BadInputException Bad(int index, string needed) =>
            new(Invariant($"'{path}', line {parser.RawRow}, column '{names[index]}': {Shown(parser[index])} is not {needed}"));

        private static string Shown(string cell) => cell.Length == 0
            ? "an empty cell"
            : $"'{(cell.Length > 40 ? cell[..40] + "…" : cell).ReplaceLineEndings(" ")}'";
    }
}
