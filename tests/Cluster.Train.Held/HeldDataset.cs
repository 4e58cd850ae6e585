using Cluster.Train.Training;

namespace Cluster.Train.Held;

/// <summary>The same samples, but those of some epoch and later ones come slowly until they are released.</summary>
/// <param name="data">The samples.</param>
/// <param name="epoch">From which epoch on, counted from 0.</param>
/// <param name="released">Whether they are; asked again and again, on the threads that read.</param>
/// <param name="milliseconds">For each batch of a shard, so that a job of some thousand steps takes longer than any test waits.</param>
internal sealed class HeldDataset(IDataset data, int epoch, Func<bool> released, int milliseconds = 100) : IDataset
{
    private bool _released;

    public int Count => data.Count;

    public IReadOnlyList<FieldSpec> Fields => data.Fields;

    public string Fingerprint => data.Fingerprint;

    public void Read(ReadOnlySpan<int> samples, int at, BatchBuffers into)
    {
        if (at >= epoch && !Volatile.Read(ref _released))
        {
            Volatile.Write(ref _released, SpinWait.SpinUntil(released, milliseconds));
        }

        data.Read(samples, at, into);
    }
}
