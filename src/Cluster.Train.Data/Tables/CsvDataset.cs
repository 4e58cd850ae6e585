using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Cluster.Train.Training;

namespace Cluster.Train.Data;

/// <summary>
/// A table of numbers from a CSV file (RFC 4180), gzip-compressed or not, read whole; it takes the size of its numbers in
/// memory. Fields: "features", float32 <c>[columns]</c>, and the target under its column's name, a scalar. What a
/// <see cref="CsvLayout"/> says decides how numbers are written, whatever the machine's culture. Rows without any content
/// and delimiters at the end of a row do not count.
/// </summary>
public sealed class CsvDataset : IDataset
{
    private readonly RowBlocks<float> _features;
    private readonly RowBlocks<float> _quantities;
    private readonly RowBlocks<long> _classes;
    private readonly int _width;

    private CsvDataset(CsvLayout layout, string[] columns, RowBlocks<float> features, RowBlocks<float> quantities, RowBlocks<long> classes, int skipped)
    {
        (Features, _features, _quantities, _classes, SkippedRows) = (columns, features, quantities, classes, skipped);
        _width = columns.Length;
        Count = features.Count;
        Fields = [new FieldSpec("features", FieldType.Float32, _width), new FieldSpec(layout.Target, layout.FieldOfTarget)];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var name in columns.Append(layout.Target).Concat(layout.ClassLabels))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(name + "\n"));
        }

        Append(hash, features);
        Append(hash, quantities);
        Append(hash, classes);
        // Checkpoints keep it: a table without labels has the same one as before there were labels.
        Fingerprint = $"csv {Convert.ToHexStringLower(hash.GetHashAndReset())}";
    }

    /// <summary>Names of the feature columns, in the order in which the model gets them.</summary>
    public IReadOnlyList<string> Features { get; }

    /// <summary>Rows that were left out because of one of <see cref="CsvLayout.MissingValues"/>.</summary>
    public int SkippedRows { get; }

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public IReadOnlyList<FieldSpec> Fields { get; }

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="layout">Which columns are what, and how cells are written.</param>
    /// <exception cref="BadInputException">
    /// It cannot be read, is too large for the memory, lacks a column or any row, or a cell is no number; names the line and the column.
    /// </exception>
    public static CsvDataset Read(string path, CsvLayout layout)
    {
        ArgumentNullException.ThrowIfNull(layout);
        layout.Check();
        return CsvRows.Read(path, layout, (rows, file) => Read(path, layout, rows, file));
    }

    /// <inheritdoc/>
    public void Read(ReadOnlySpan<int> samples, int epoch, BatchBuffers into)
    {
        Pick(_features, samples, into.Floats(0), _width);
        if (Fields[1].Type == FieldType.Float32)
        {
            Pick(_quantities, samples, into.Floats(1), 1);
        }
        else
        {
            Pick(_classes, samples, into.Integers(1), 1);
        }
    }

    private static void Pick<T>(RowBlocks<T> rows, ReadOnlySpan<int> samples, Span<T> into, int width)
        where T : unmanaged
    {
        for (var i = 0; i < samples.Length; i++)
        {
            rows[samples[i]].CopyTo(into[(i * width)..]);
        }
    }

    private static void Append<T>(IncrementalHash hash, RowBlocks<T> rows)
        where T : unmanaged
    {
        foreach (var block in rows.Blocks())
        {
            hash.AppendData(MemoryMarshal.AsBytes(block.Span));
        }
    }

    private static CsvDataset Read(string path, CsvLayout layout, CsvRows rows, FileStream file)
    {
        if (!rows.Next())
        {
            throw new BadInputException($"'{path}' is empty; give a table with a column '{layout.Target}'");
        }

        var columns = CsvColumns.Find(path, layout, rows.Cells());
        var cells = new CsvCells(path, layout, columns, rows);
        var features = new RowBlocks<float>(columns.Features.Length);
        var quantities = new RowBlocks<float>(1);
        var classes = new RowBlocks<long>(1);
        var row = new float[columns.Features.Length];
        var ofClasses = layout.FieldOfTarget == FieldType.Int64;
        var skipped = 0;
        for (var more = !layout.HasHeader || rows.Next(); more; more = rows.Next())
        {
            columns.CheckWidth(path, rows);
            if (cells.LacksValue())
            {
                skipped++;
                continue;
            }

            for (var feature = 0; feature < row.Length; feature++)
            {
                row[feature] = cells.Number(columns.Positions[feature]);
            }

            features.Add(row);
            if (ofClasses)
            {
                classes.Add([cells.Class()]);
            }
            else
            {
                quantities.Add([cells.Number(columns.Target)]);
            }

            if (features.Count == CsvMemory.Sample
                && CsvMemory.Refusal(path, features.Count, file.Position, file.Length, (row.Length * sizeof(float)) + (ofClasses ? sizeof(long) : sizeof(float)), GC.GetGCMemoryInfo().TotalAvailableMemoryBytes) is { } refusal)
            {
                throw new BadInputException(refusal);
            }
        }

        if (features.Count == 0)
        {
            throw new BadInputException(skipped == 0
                ? $"'{path}' has a header but no rows"
                : Invariant($"'{path}' has a missing value in each of its {skipped} rows; use other columns"));
        }

        cells.CheckClasses();
        features.Seal();
        quantities.Seal();
        classes.Seal();
        return new CsvDataset(layout, columns.Features, features, quantities, classes, skipped);
    }
}
