namespace Cluster.Train.Training;

/// <summary>Where a task was called, for messages.</summary>
internal readonly record struct CallSite(long Step, int Shard)
{
    internal static CallSite Evaluation { get; } = new(-1, -1);

    internal bool IsEvaluation => Step < 0;

    public override string ToString() => IsEvaluation ? "in the evaluation" : $"at step {Step}, shard {Shard}";
}
