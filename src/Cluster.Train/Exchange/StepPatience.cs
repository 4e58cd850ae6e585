namespace Cluster.Train.Exchange;

/// <summary>How long a member waits for the others within a step.</summary>
/// <remarks>
/// Before the first step after an evaluation the others may still evaluate, which takes as long as it takes: then a member
/// waits until the generation is ended. Whoever evaluates tells the coordinator how far it is, and the coordinator ends
/// the generation where nothing moves.
/// </remarks>
/// <param name="Limit">How long, in any other step; of the time in which the process could run.</param>
/// <param name="EvaluatesEvery">There is an evaluation whenever so many steps are completed; null for none.</param>
internal readonly record struct StepPatience(TimeSpan Limit, long? EvaluatesEvery = null)
{
    /// <summary>The same at every step.</summary>
    public static implicit operator StepPatience(TimeSpan limit) => new(limit);

    /// <summary>How long a member waits in a step; null for as long as the generation lasts.</summary>
    public TimeSpan? In(long step) => step > 0 && EvaluatesEvery is { } every && step % every == 0 ? null : Limit;

    /// <summary>The same of a round of a step: before parameters and averages are swapped back, the others evaluate.</summary>
    public TimeSpan? In(long step, ExchangeRound round) => round == ExchangeRound.Back && EvaluatesEvery is not null ? null : In(step);
}
