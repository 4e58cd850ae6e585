namespace Cluster.Train.Hosting.Surroundings;

/// <summary>Why a run that was stopped has no outcome.</summary>
internal static class StopReason
{
    /// <summary>In the coordinator's words, or, where there was none yet, that no step was done.</summary>
    internal static string Of(OperationCanceledException exception) =>
        exception.Message.StartsWith("stopped ", StringComparison.Ordinal) ? exception.Message : "stopped before the first step";
}
