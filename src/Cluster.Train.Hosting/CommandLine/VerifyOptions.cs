using Cluster.Train.Verification;

namespace Cluster.Train.Hosting.CommandLine;

/// <summary>The options that <c>verify</c> has besides those of a job, and those of a job that have another default there.</summary>
internal static class VerifyOptions
{
    private const string Section = "The verification";

    /// <summary>Each variant's length, in place of the job's.</summary>
    public static readonly OptionSpec<long> Steps = new(JobOptions.Steps.Name, Section, ValueKinds.Long(1, "steps"),
        "Steps that each variant trains; two or more for one that is resumed and one whose coordinator is replaced, some more than an epoch has for evaluations on the way.")
    { Default = _ => VerificationOptions.DefaultSteps };

    /// <summary>Enough for crews of up to four.</summary>
    public static readonly OptionSpec<int> Shards = new(JobOptions.Shards.Name, Section, JobOptions.Shards.Kind,
        "Pieces of every global batch: no more workers take part, and four are the most.")
    { Default = _ => VerificationOptions.DefaultShards };

    public static readonly OptionSpec<bool> Full = new("--full", Section, ValueKinds.Flag,
        "Both topologies for each number of workers and transport, ten random fault plans, and evaluations of all test samples; otherwise of ten global batches less one sample at most, spread evenly, the same in each variant.")
    { Default = _ => false };

    public static readonly OptionSpec<TimeSpan> VariantTimeout = new("--variant-timeout", Section, ValueKinds.Duration,
        "How long one variant may take before it is given up by name.")
    { Default = _ => TimeSpan.FromMinutes(10) };

    /// <summary>All options of the verb.</summary>
    public static readonly IReadOnlyList<OptionSpec> All =
    [
        Steps, Shards, Full, VariantTimeout,
        .. JobOptions.All.Where(option => option.Name != JobOptions.Epochs.Name && option.Name != Steps.Name && option.Name != Shards.Name),
        RunOptions.Data, RunOptions.Device, RunOptions.StepTimeout, RunOptions.JoinTimeout, RunOptions.Log,
    ];
}
