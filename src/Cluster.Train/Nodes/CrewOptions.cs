using Cluster.Train.Membership;
using Cluster.Train.Running;
using Cluster.Train.Telemetry;
using Cluster.Train.Training;

namespace Cluster.Train.Nodes;

/// <summary>A node that owns a job, or stands by to take it over.</summary>
/// <param name="Node">The node.</param>
/// <param name="Job">The job, and the number of workers it begins with.</param>
public sealed record CoordinatorOptions(NodeOptions Node, TrainingOptions Job)
{
    /// <summary>The most workers that a job can have.</summary>
    public const int MostWorkers = Roster.MostWorkers;

    /// <summary>With how many workers the job can go on. <b>Default</b>: 1.</summary>
    public int MinWorkers { get; init; } = 1;

    /// <summary>How many workers are members at most; further ones stand by. <b>Default</b>: one for each shard.</summary>
    public int MaxWorkers { get; init; } = Math.Min(Job.Definition.Shards, MostWorkers);

    /// <summary>A snapshot in the workers' memory every so many steps. <b>Default</b>: null, as often as costs little.</summary>
    public long? SnapshotEvery { get; init; }

    /// <summary>Whether a node that is stopped leaves its job to another coordinator that stands by, where there is one. <b>Default</b>: false, it stops the job.</summary>
    public bool HandOver { get; init; }
}

/// <summary>A node that computes for whatever job its cluster has.</summary>
/// <param name="Node">The node; its seeds are needed.</param>
/// <param name="Tasks">The tasks it has.</param>
public sealed record WorkerOptions(NodeOptions Node, IReadOnlyList<ITrainingTask> Tasks)
{
    /// <summary>Its name in messages. <b>Default</b>: worker-, and this machine's name.</summary>
    public string Name { get; init; } = $"worker-{Environment.MachineName.ToLowerInvariant()}";

    /// <summary>What <c>--data</c> names; null where the tasks need none.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>cpu, cuda or cuda:N. <b>Default</b>: cpu.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>How long it waits for the others in a step. <b>Default</b>: 2 minutes.</summary>
    public TimeSpan StepTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Where this machine has the file of the job's weights. <b>Default</b>: null, where the job says.</summary>
    public string? InitPath { get; init; }

    /// <summary>Takes the phases of its steps, for a trace; null for nobody.</summary>
    public IStepSpans? Spans { get; init; }
}
