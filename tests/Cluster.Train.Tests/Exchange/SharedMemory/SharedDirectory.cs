namespace Cluster.Train.Tests.Exchange.SharedMemory;

/// <summary>A directory of its own in shared memory, so that what is left in it is a test's own.</summary>
internal sealed class SharedDirectory : IDisposable
{
    internal SharedDirectory() => Directory.CreateDirectory(Location);

    internal string Location { get; } = Path.Combine("/dev/shm", $"cluster-train-tests-{Guid.NewGuid():N}");

    internal string[] Files => Directory.GetFiles(Location);

    public void Dispose() => Directory.Delete(Location, recursive: true);
}
