using Cluster.Train.Actors.Snapshots;
using Cluster.Train.Exchange;
using Cluster.Train.Exchange.InProcess;
using Cluster.Train.Membership;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Actors;

/// <summary>
/// What the members of one process share for a job: the data, the exchange hub, the snapshots, the state that a
/// checkpoint brought. It outlives actors.
/// </summary>
internal sealed class ProcessContext
{
    private readonly Lazy<OpenedData> _data;
    private ParameterLayout? _layout;

    /// <summary>Creates the context of one job in this process.</summary>
    internal ProcessContext(ITrainingTask task, JobDefinition definition, string? dataDirectory, TimeSpan stepTimeout)
    {
        Task = task;
        Definition = definition;
        StepTimeout = stepTimeout;
        _data = new Lazy<OpenedData>(() => TaskDataOpener.Open(task, definition, dataDirectory));
    }

    internal ITrainingTask Task { get; }

    internal JobDefinition Definition { get; }

    internal TimeSpan StepTimeout { get; }

    internal InProcessExchangeHub Hub { get; } = new();

    internal SnapshotStore Snapshots { get; } = new();

    /// <summary>The task's data, opened once.</summary>
    internal OpenedData Data => _data.Value;

    /// <summary>Which samples belong to which step and shard.</summary>
    internal BatchPlan Plan => new(Data.Training.Count, Definition.BatchSize, Definition.Shards);

    /// <summary>Steps of the whole job.</summary>
    internal long TotalSteps => Definition.Length.TotalSteps(Plan.StepsPerEpoch);

    /// <summary>What identifies the data.</summary>
    internal string DataFingerprint => $"{Data.Training.Fingerprint} {Data.Evaluation.Fingerprint}";

    /// <summary>The state that a generation of origin "stored" begins with.</summary>
    internal TrainingState? Stored { get; set; }

    /// <summary>The layout of the model, known once a replica was made.</summary>
    internal ParameterLayout Layout
    {
        get => _layout ?? throw new InvalidOperationException("no replica was made yet");
        set => _layout ??= value;
    }

    /// <summary>Makes sure that every shard gets samples.</summary>
    /// <exception cref="BadInputException">The batch is smaller than the number of shards.</exception>
    internal void CheckPlan() => _ = Plan;

    /// <summary>A member's slice with its update rule; null where it owns none.</summary>
    internal SliceOwner? Owner(Roster roster, RosterMember member) => member.Slice.Length == 0
        ? null
        : new SliceOwner(
            member.Slice, Layout.ParameterLength, Definition.Shards, ExchangeRosters.Inputs(roster, Definition.Shards),
            Definition.Optimizer,
            LearningRateSchedule.Create(Definition.Schedule, Definition.Optimizer.LearningRate, TotalSteps),
            Definition.ClipNorm);

    /// <summary>A member's side of a generation's exchange.</summary>
    internal TensorExchange Join(Roster roster, RosterMember member, SliceOwner? owner) =>
        Hub.Join(ExchangeRosters.From(roster, Definition, Layout), member.Rank, owner, StepTimeout);
}
