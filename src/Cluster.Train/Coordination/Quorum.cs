namespace Cluster.Train.Coordination;

/// <summary>What is to be done with the workers that are there.</summary>
internal enum QuorumDecision
{
    /// <summary>Form a roster of them.</summary>
    Form,

    /// <summary>Wait for more.</summary>
    Wait,

    /// <summary>Give up.</summary>
    GiveUp,
}

/// <summary>The workers that are there and those that are wished for.</summary>
/// <param name="Ready">Workers that could be members now.</param>
/// <param name="Opening">Workers that are still making their replica.</param>
/// <param name="Wanted">With how many the job would best go on: those it begins with, or those of the last roster.</param>
/// <param name="Minimum">With how many it can go on at all.</param>
/// <param name="Waited">For how long they have been waited for.</param>
/// <param name="Patience">How long it waits for the wanted number once the minimum is there.</param>
/// <param name="Timeout">How long it waits for the minimum.</param>
internal sealed record QuorumState(
    int Ready, int Opening, int Wanted, int Minimum, TimeSpan Waited, TimeSpan Patience, TimeSpan Timeout)
{
    /// <summary>Workers that came meanwhile and were refused.</summary>
    public int Refused { get; init; }

    /// <summary>Who was refused last, and why; null for nobody.</summary>
    public string? LastRefusal { get; init; }
}

/// <summary>When a roster is formed. Pure: a decision and its reason.</summary>
internal static class Quorum
{
    /// <summary>Decides.</summary>
    /// <returns>The decision and its reason; where more are waited for, for whom.</returns>
    public static (QuorumDecision Decision, string Reason) Decide(QuorumState state)
    {
        if (state.Ready >= state.Wanted)
        {
            return (QuorumDecision.Form, Invariant($"all {state.Wanted} are ready"));
        }

        if (state.Ready >= state.Minimum && state.Waited >= state.Patience)
        {
            return (QuorumDecision.Form, Invariant($"waited {state.Waited.TotalSeconds:0} s for {Needed(state.Wanted)}; {Present(state)}, and {state.Minimum} {(state.Minimum == 1 ? "is" : "are")} enough"));
        }

        if (state.Ready < state.Minimum && state.Waited >= state.Timeout)
        {
            if (state.LastRefusal is { } refusal && state.Opening == 0)
            {
                return (QuorumDecision.GiveUp, Invariant($"waited {state.Timeout.TotalSeconds:0} s for at least {Needed(state.Minimum)}, and {Present(state)}; the last, {refusal}"));
            }

            var remedy = state.Opening > 0 ? "give a longer --join-timeout" : "start workers whose --seed-node is this coordinator, or give a longer --join-timeout";
            return (QuorumDecision.GiveUp, Invariant($"waited {state.Timeout.TotalSeconds:0} s for at least {Needed(state.Minimum)}, and {Present(state)}: {remedy}"));
        }

        return (QuorumDecision.Wait, $"{Needed(Math.Max(state.Minimum, state.Wanted))}; {Present(state)}");
    }

    private static string Needed(int count) => count == 1 ? "1 worker" : Invariant($"{count} workers");

    private static string Present(QuorumState state) =>
        Invariant($"{state.Ready} {(state.Ready == 1 ? "is" : "are")} ready{(state.Opening > 0 ? Invariant($", {state.Opening} still opening data or model") : "")}{Refused(state.Refused)}");

    private static string Refused(int count) => count switch
    {
        0 => "",
        1 => ", 1 was refused",
        _ => Invariant($", {count} were refused"),
    };
}
