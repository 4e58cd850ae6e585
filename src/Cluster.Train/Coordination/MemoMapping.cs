using Cluster.Train.Protocol;

namespace Cluster.Train.Coordination;

/// <summary>A ledger's state as the memo that workers keep for a successor, and back.</summary>
internal static class MemoMapping
{
    internal static JobMemo From(
        LedgerState state, long step, double seconds, double snapshotSeconds, int recoveries, long replayedSteps, string checkpoint) =>
        new(
            step, state.Samples, state.EpochLossSum, state.EpochSamples, state.LastEpochLoss ?? double.NaN,
            state.Evaluation?.Loss ?? double.NaN, state.Evaluation?.Accuracy ?? double.NaN, state.Evaluation?.Samples ?? 0,
            seconds, snapshotSeconds, recoveries, replayedSteps, checkpoint);

    internal static LedgerState ToLedger(JobMemo memo) => new(
        memo.Samples, memo.EpochLossSum, memo.EpochSamples, Number(memo.LastEpochLoss),
        memo.EvaluationSamples > 0 ? new EvaluationResult(memo.EvaluationLoss, Number(memo.EvaluationAccuracy), memo.EvaluationSamples) : null);

    private static double? Number(double value) => double.IsNaN(value) ? null : value;
}
