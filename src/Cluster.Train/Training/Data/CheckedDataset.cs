namespace Cluster.Train.Training;

/// <summary>
/// A task's samples as the trainer sees them: what describes them is asked once and does not change any more, and
/// what goes wrong in the task's code says so. Reads go through; their errors are told with step and shard by whoever reads.
/// </summary>
internal sealed class CheckedDataset : IDataset
{
    private readonly IDataset _dataset;
    private readonly long _seed;

    /// <summary>Asks for what describes the samples.</summary>
    /// <param name="task">The task's name, for messages.</param>
    /// <param name="role">"training" or "evaluation", for messages.</param>
    /// <param name="dataset">The task's own.</param>
    /// <param name="seed">The job's seed, for the random numbers that the task asks for.</param>
    /// <exception cref="TrainingFaultException">The task threw, or gave back something that describes no samples.</exception>
    internal CheckedDataset(string task, string role, IDataset dataset, long seed)
    {
        (_dataset, _seed) = (dataset, seed);
        Count = Ask(nameof(Count), () => dataset.Count);
        if (Count < 0)
        {
            throw Wrong(nameof(Count), $"gave {Count}");
        }

        Fingerprint = Ask(nameof(Fingerprint), () => dataset.Fingerprint) ?? throw Wrong(nameof(Fingerprint), "gave null");
        // Of no samples, the fields do not matter.
        FieldSpec?[] fields = Count == 0 ? [] : [.. Ask(nameof(Fields), () => dataset.Fields) ?? throw Wrong(nameof(Fields), "gave null")];
        if (Count > 0 && fields.Length == 0)
        {
            throw Wrong(nameof(Fields), "has no field; name at least the input");
        }

        Fields = [.. fields.Select(field => field ?? throw Wrong(nameof(Fields), "has a field that is null"))];
        if (Fields.FirstOrDefault(field => field.Shape.Skip(field.IsSequence ? 1 : 0).Any(extent => extent < 1)) is { } empty)
        {
            throw Wrong(nameof(Fields), $"has '{empty.Name}' of shape [{string.Join(", ", empty.Shape)}]; every extent must be at least 1");
        }

        if (Fields.FirstOrDefault(field => field.IsSequence != field.Longest > 0 || !PaddedFields.CanPad(field)) is { } unpadded)
        {
            throw Wrong(nameof(Fields), Invariant($"has '{unpadded.Name}' of shape [{string.Join(", ", unpadded.Shape)}] and type {unpadded.Type}, with a longest of {unpadded.Longest} and a padding of {unpadded.Padding:R}; make it with FieldSpec.Sequence, and pad it with a number that its type has"));
        }

        if (Fields.FirstOrDefault(field => field.Scaling is not null && field.Type != FieldType.UInt8) is { } unscaled)
        {
            throw Wrong(nameof(Fields), $"scales '{unscaled.Name}', which is {unscaled.Type}; only {nameof(FieldType.UInt8)} is scaled on the device");
        }

        foreach (var scaled in Fields.Where(field => field.Scaling is not null))
        {
            if (scaled.Scaling!.Problem(scaled) is { } problem)
            {
                throw Wrong(nameof(Fields), problem);
            }

            Fingerprint += scaled.Scaling.Text(scaled.Name);
        }

        for (var field = 0; field < Fields.Count; field++)
        {
            if (Fields[field].IsSequence)
            {
                Fingerprint += Ask(nameof(IDataset.LengthOf), () => VerifyLengths(task, role, field));
            }
        }

        T Ask<T>(string member, Func<T> question)
        {
            try
            {
                return question();
            }
            catch (Exception error) when (error is not BadInputException)
            {
                throw new TrainingFaultException(
                    $"task '{task}' failed in {member} of its {role} data: {OneLine.Of(error.Message)}", error);
            }
        }

        TrainingFaultException Wrong(string member, string what) => new($"task '{task}': {member} of its {role} data {what}");
    }

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public IReadOnlyList<FieldSpec> Fields { get; }

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <inheritdoc/>
    public int LengthOf(int sample, int field) => _dataset.LengthOf(sample, field);

    /// <inheritdoc/>
    public void Read(ReadOnlySpan<int> samples, int epoch, BatchBuffers into) =>
        _dataset.Read(samples, epoch, into.Seeded(_seed, samples, epoch));

    /// <summary>All lengths, looked at once: what is too long is told before the first step.</summary>
    /// <returns>What stands in the fingerprint.</returns>
    private string VerifyLengths(string task, string role, int field)
    {
        var spec = Fields[field];
        for (var sample = 0; sample < Count; sample++)
        {
            var length = _dataset.LengthOf(sample, field);
            if (length < 0 || length > spec.Longest)
            {
                throw new BadInputException($"task '{task}', {role} data: {PaddedFields.WrongLength(sample, length, spec)}");
            }
        }

        return Invariant($" {spec.Name} padded with {spec.Padding:R}");
    }
}
