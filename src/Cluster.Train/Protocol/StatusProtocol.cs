using System.Collections.Immutable;

namespace Cluster.Train.Protocol;

/// <summary>Asks the coordinator how its job stands; answered with a <see cref="StatusReport"/>.</summary>
internal sealed record StatusRequest : IWireMessage
{
    /// <summary>It has no content.</summary>
    public static StatusRequest Instance { get; } = new();
}

/// <summary>How a job stands.</summary>
/// <param name="Task">Name of the task.</param>
/// <param name="Job">Hash of the job's definition.</param>
/// <param name="Phase">What the coordinator does, in a word: "examining", "gathering", "preparing", "running", "recovering", "ending", "done".</param>
/// <param name="Generation">The current generation; 0 before the first.</param>
/// <param name="CompletedSteps">Steps of the job done.</param>
/// <param name="TotalSteps">Steps of the whole job; 0 while it is not known.</param>
/// <param name="SamplesPerSecond">Of the last two seconds.</param>
/// <param name="Topology">"coordinator" or "sharded"; empty before the first generation.</param>
/// <param name="Members">The workers that the coordinator knows.</param>
/// <param name="Waiting">For whom it waits; null where nobody is waited for.</param>
/// <param name="Figures">Loss, accuracy and metrics of the newest evaluation; none before the first.</param>
public sealed record StatusReport(
    string Task, string Job, string Phase, int Generation, long CompletedSteps, long TotalSteps, double SamplesPerSecond, string Topology,
    ImmutableArray<StatusMember> Members, StatusWaiting? Waiting, ImmutableArray<StatusFigure> Figures) : IWireMessage
{
    /// <summary>The numerics class of the workers, which is one: bits are the same only where it is. Empty while they are not known.</summary>
    public string Numerics { get; init; } = "";

    /// <summary>The exit code of a job that has ended, where the node that answers only stays to say so; otherwise null.</summary>
    public int? ExitCode { get; init; }
}

/// <summary>A worker, as the coordinator knows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Host">The machine.</param>
/// <param name="Device">What it computes on; empty while it has not said.</param>
/// <param name="FirstShard">The first shard it computes.</param>
/// <param name="Shards">How many shards it computes; 0 while it is not in the roster.</param>
/// <param name="State">In a word: "opening", "ready", "preparing", "training", "leaving".</param>
public sealed record StatusMember(string Name, string Host, string Device, int FirstShard, int Shards, string State)
{
    /// <summary>Its machine's processor; empty while it has not said.</summary>
    public string Processor { get; init; } = "";

    /// <summary>Since how many seconds nothing was heard of it.</summary>
    public double SilentSeconds { get; init; }
}

/// <summary>A figure of an evaluation.</summary>
/// <param name="Name">"test loss", "accuracy" or a metric's name.</param>
/// <param name="Value">Its value.</param>
public sealed record StatusFigure(string Name, double Value)
{
    /// <summary>An evaluation's figures; none of none.</summary>
    internal static ImmutableArray<StatusFigure> Of(EvaluationResult? evaluation) => evaluation is null ? [] :
    [
        new StatusFigure("test loss", evaluation.Loss), .. evaluation.Numbers().Select(figure => new StatusFigure(figure.Name, figure.Value)),
    ];
}

/// <summary>For whom a coordinator waits.</summary>
/// <param name="Whom">Names, or how many of whom.</param>
/// <param name="Phase">In which phase.</param>
/// <param name="Seconds">Since how many seconds.</param>
public sealed record StatusWaiting(string Whom, string Phase, double Seconds);
