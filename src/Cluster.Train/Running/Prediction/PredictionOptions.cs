using Cluster.Train.Training;

namespace Cluster.Train.Running.Prediction;

/// <summary>What is to be predicted, with which model.</summary>
/// <param name="Task">The task.</param>
/// <param name="Checkpoint">A checkpoint's directory, or a directory of checkpoints: then its newest.</param>
/// <param name="DataDirectory">What <c>--data</c> names; null where it was not given.</param>
/// <param name="Device">cpu, cuda or cuda:N.</param>
/// <param name="Workers">Models that compute side by side. The predictions do not depend on their number.</param>
internal sealed record PredictionOptions(ITrainingTask Task, string Checkpoint, string? DataDirectory, string Device, int Workers);

/// <summary>What was predicted.</summary>
/// <param name="Checkpoint">Name of the checkpoint.</param>
/// <param name="Samples">Rows.</param>
/// <param name="Columns">Numbers in a row.</param>
public sealed record PredictionSummary(string Checkpoint, int Samples, int Columns);
