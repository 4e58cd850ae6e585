namespace Cluster.Train.Benchmarks.Running;

/// <summary>A benchmark could not be carried out; the message is for its user.</summary>
internal class BenchmarkFailedException(string message) : Exception(message);

/// <summary>A process did not answer in time.</summary>
internal sealed class BenchmarkTimeoutException(string message) : BenchmarkFailedException(message);
