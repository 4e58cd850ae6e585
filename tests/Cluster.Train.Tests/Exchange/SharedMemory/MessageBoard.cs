namespace Cluster.Train.Tests.Exchange.SharedMemory;

/// <summary>An all-gather between threads.</summary>
internal sealed class MessageBoard(int members) : IDisposable
{
    private readonly byte[][][] _rounds = [new byte[members][], new byte[members][], new byte[members][]];
    private readonly Barrier _barrier = new(members);

    internal Func<byte[], IReadOnlyList<byte[]>> For(int rank)
    {
        var round = 0;
        return mine =>
        {
            var messages = _rounds[round++];
            messages[rank] = mine;
            Assert.True(_barrier.SignalAndWait(ExchangeRun.StepTimeout), "somebody never sent its message");
            return messages;
        };
    }

    public void Dispose() => _barrier.Dispose();
}
