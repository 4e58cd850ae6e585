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
        if (Fields.FirstOrDefault(field => field.Shape.Any(extent => extent < 1)) is { } empty)
        {
            throw Wrong(nameof(Fields), $"has '{empty.Name}' of shape [{string.Join(", ", empty.Shape)}]; every extent must be at least 1");
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
    public void Read(ReadOnlySpan<int> samples, int epoch, BatchBuffers into) =>
        _dataset.Read(samples, epoch, into.Seeded(_seed, samples, epoch));
}
