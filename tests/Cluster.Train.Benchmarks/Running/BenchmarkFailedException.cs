namespace Cluster.Train.Benchmarks.Running;

/// <summary>A benchmark could not be carried out; the message is for its user.</summary>
internal sealed class BenchmarkFailedException(string message) : Exception(message);
