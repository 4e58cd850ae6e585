namespace Cluster.Train.Training;

/// <summary>
/// How the bytes of a field become float32 on the replica's device: (byte / <see cref="Divisor"/> − mean) / standard deviation, each
/// operation rounded to float32, as torchvision's <c>ToTensor</c> and <c>Normalize</c> do it.
/// </summary>
public sealed record ByteScaling
{
    /// <summary>To [0, 1].</summary>
    public static ByteScaling Unit { get; } = new();

    /// <summary>What a byte is divided by; 1 for its own value. <b>Default</b>: 255.</summary>
    public float Divisor { get; init; } = 255;

    /// <summary>Is subtracted then: one number, or one for each index of the sample's first dimension, its channels. <b>Default</b>: nothing.</summary>
    public IReadOnlyList<float> Mean { get; init; } = [];

    /// <summary>Divides then: one number, or one for each channel. <b>Default</b>: nothing.</summary>
    public IReadOnlyList<float> StandardDeviation { get; init; } = [];

    /// <summary>Why it does not fit a field; null where it does.</summary>
    internal string? Problem(FieldSpec field)
    {
        if (!float.IsFinite(Divisor) || Divisor == 0)
        {
            return Invariant($"divides '{field.Name}' by {Divisor}; the divisor must be a number other than 0");
        }

        if (StandardDeviation.Any(value => !float.IsFinite(value) || value == 0) || Mean.Any(value => !float.IsFinite(value)))
        {
            return $"scales '{field.Name}' by numbers that are not finite, or by a standard deviation of 0";
        }

        return new[] { Mean, StandardDeviation }.FirstOrDefault(list => list.Count > 1 && (field.Shape.Length < 1 || field.IsSequence || list.Count != field.Shape[0])) is { } wrong
            ? Invariant($"scales '{field.Name}' of shape [{string.Join(", ", field.Shape)}] by {wrong.Count} numbers; give one, or one for each index of its first dimension")
            : null;
    }

    /// <summary>What stands in the data's fingerprint, since the numbers decide the result.</summary>
    internal string Text(string field) => Invariant($" {field} / {Divisor:R} - [{List(Mean)}] / [{List(StandardDeviation)}]");

    private static string List(IReadOnlyList<float> values) => string.Join(' ', values.Select(value => Invariant($"{value:R}")));
}
