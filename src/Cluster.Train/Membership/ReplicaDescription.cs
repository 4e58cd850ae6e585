
namespace Cluster.Train.Membership;

/// <summary>Everything in which two replicas of one job must agree, and what the coordinator must know of them.</summary>
/// <param name="JobHash">Hash of the job definition it was made for.</param>
/// <param name="Build">The program and the task's assemblies, as <c>BuildContrast</c> reads them.</param>
/// <param name="LayoutHash">Hash of the parameter layout.</param>
/// <param name="InitialHash">Hash of all values that the first step starts from: parameters, frozen ones included, and buffers.</param>
/// <param name="DataFingerprint">Fingerprints of the training and evaluation data.</param>
/// <param name="TrainingSamples">Samples of an epoch.</param>
/// <param name="EvaluationSamples">Samples of an evaluation.</param>
/// <param name="VectorLength">Length of the flat vector.</param>
/// <param name="ParameterLength">How many of it the optimizer updates.</param>
/// <param name="ParameterCount">Parameters of the model, frozen ones included.</param>
/// <param name="Device">The device, for messages.</param>
/// <param name="Numerics">Its process's numerics class: bits are the same only where this is.</param>
/// <param name="Processor">The processor, for messages.</param>
/// <param name="Endpoint">host:port of its tensor listener; null in process.</param>
internal sealed record ReplicaDescription(
    string JobHash, string Build, string LayoutHash, string InitialHash, string DataFingerprint, int TrainingSamples, int EvaluationSamples,
    long VectorLength, long ParameterLength, long ParameterCount, string Device, string Numerics, string Processor, string? Endpoint)
{
    /// <summary>Hash of a few samples as they are read, augmentation included; empty where they could not be read.</summary>
    public string SampleDigest { get; init; } = "";

    /// <summary>What its task fitted on the training samples, for the checkpoints; null for nothing. The fingerprint tells of differences.</summary>
    public string? Preparation { get; init; }
}
