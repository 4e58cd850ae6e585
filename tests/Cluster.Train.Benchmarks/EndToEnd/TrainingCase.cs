namespace Cluster.Train.Benchmarks.EndToEnd;

/// <summary>One thing to train on both sides.</summary>
/// <param name="Name">What is measured, with its unit.</param>
/// <param name="Task">Our task with its options.</param>
/// <param name="NeedsData">Whether the task reads files.</param>
/// <param name="PeerModel">The same model's name in the peer's script.</param>
/// <param name="TrainingSamples">Samples of an epoch, of our task and of the peer's made-up data.</param>
/// <param name="EvaluationSamples">Samples of the evaluation that ends an epoch, on both sides.</param>
/// <param name="GlobalBatch">Samples of a step.</param>
/// <param name="Steps">Steps of each side; the peer has some more before, to warm up.</param>
/// <param name="PerSample">Whether samples a second are told, not steps.</param>
/// <param name="Target">How many times as fast as the peer we mean to be.</param>
internal sealed record TrainingCase(
    string Name, IReadOnlyList<string> Task, bool NeedsData, string PeerModel, int TrainingSamples, int EvaluationSamples, int GlobalBatch, int Steps, bool PerSample, double Target)
{
    /// <summary>What a step counts in the figure that is told.</summary>
    internal int PerStep => PerSample ? GlobalBatch : 1;
}
