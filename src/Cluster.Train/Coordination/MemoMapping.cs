using Cluster.Train.Protocol;
using Cluster.Train.Training;

namespace Cluster.Train.Coordination;

/// <summary>A ledger's state as the memo that workers keep for a successor, and back.</summary>
internal static class MemoMapping
{
    internal static JobMemo From(
        LedgerState state, long step, double seconds, double snapshotSeconds, int recoveries, long replayedSteps, string checkpoint) =>
        new(
            step, state.Samples, state.EpochLossSum, state.EpochSamples, state.LastEpochLoss ?? double.NaN,
            state.Evaluation?.Loss ?? double.NaN, state.Evaluation?.Accuracy ?? double.NaN, state.Evaluation?.Samples ?? 0,
            seconds, snapshotSeconds, recoveries, replayedSteps, checkpoint,
            state.Evaluation is { Metrics.Count: > 0 } evaluation ? new MetricSums([.. evaluation.Metrics.Select(metric => metric.Sums.ToArray())]) : MetricSums.None,
            state.Watch)
        {
            EpochWeight = state.EpochWeight ?? double.NaN,
        };

    internal static LedgerState ToLedger(JobMemo memo, MetricSet metrics) => new(
        memo.Samples, memo.EpochLossSum, memo.EpochSamples, Number(memo.LastEpochLoss),
        memo.EvaluationSamples > 0 ? new EvaluationResult(memo.EvaluationLoss, Number(memo.EvaluationAccuracy), memo.EvaluationSamples)
        {
            Metrics = metrics.Results(memo.Metrics),
        }
        : null,
        memo.Watch)
    {
        EpochWeight = Number(memo.EpochWeight),
    };

    private static double? Number(double value) => double.IsNaN(value) ? null : value;
}
