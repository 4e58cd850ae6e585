using System.Security.Cryptography;
using System.Text;

namespace Cluster.Train.Training;

/// <summary>Samples that are in memory already, as arrays: one <see cref="ArrayField"/> for each field, input first, target second.</summary>
/// <example>
/// <code>
/// float[] points = …; // 100 samples of 2
/// long[] classes = …; // 100
/// var data = new ArrayDataset(ArrayField.Of("point", points, 2), ArrayField.Of("class", classes));
/// </code>
/// </example>
public sealed class ArrayDataset : IDataset
{
    private readonly ArrayField[] _fields;

    /// <summary>Puts fields together. Reads all values once, for the fingerprint: they must not change after that.</summary>
    /// <param name="fields">At least one; all of as many samples.</param>
    /// <exception cref="ArgumentException">There is none, or they have different numbers of samples; names both.</exception>
    public ArrayDataset(params ArrayField[] fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        if (fields.Length == 0)
        {
            throw new ArgumentException("give at least one field", nameof(fields));
        }

        _fields = [.. fields];
        Count = fields[0].Count;
        if (fields.FirstOrDefault(field => field.Count != Count) is { } other)
        {
            throw new ArgumentException(Invariant($"'{fields[0].Spec.Name}' has {Count} samples, '{other.Spec.Name}' {other.Count}: give as many of each"), nameof(fields));
        }

        Fields = [.. fields.Select(field => field.Spec)];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var field in fields)
        {
            var spec = field.Spec;
            hash.AppendData(Encoding.UTF8.GetBytes(Invariant($"{spec.Name} {spec.Type} [{string.Join(',', spec.Shape)}]\n")));
            field.AddTo(hash);
        }

        Fingerprint = $"arrays {Convert.ToHexStringLower(hash.GetHashAndReset())}";
    }

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public IReadOnlyList<FieldSpec> Fields { get; }

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <inheritdoc/>
    public int LengthOf(int sample, int field) => _fields[field].LengthOf(sample);

    /// <inheritdoc/>
    public void Read(ReadOnlySpan<int> samples, int epoch, BatchBuffers into)
    {
        for (var field = 0; field < _fields.Length; field++)
        {
            for (var position = 0; position < samples.Length; position++)
            {
                _fields[field].Write(samples[position], field, position, into);
            }
        }
    }
}
