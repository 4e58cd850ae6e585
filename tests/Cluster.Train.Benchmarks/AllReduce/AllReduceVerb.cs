using Cluster.Train.Benchmarks.Running;

namespace Cluster.Train.Benchmarks.AllReduce;

/// <summary>
/// The exchange of a vector between two processes on loopback, through shared memory and over TCP, against gloo's
/// all-reduce. The processes live through the whole run and wait in between; each size is measured in turns.
/// </summary>
internal static class AllReduceVerb
{
    private const int DefaultRounds = 7;
    private const int Ranks = 2;
    private const int MostTimes = 20_000;

    /// <summary>How long a measurement should take.</summary>
    private const double Seconds = 0.3;

    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    private static readonly (string Name, int Floats, double OverTcp, double Shared)[] Sizes =
    [
        ("4 B", 1, 8, 50),
        ("64 KiB", 16 << 10, 8, 50),
        ("1 MiB", 256 << 10, 2.5, 50),
        ("4 MiB", 1 << 20, 2.5, 50),
        ("25 MiB", 25 << 18, 1.6, 14),
        ("100 MiB", 100 << 18, 1.6, 8),
    ];

    internal static async Task RunAsync(IReadOnlyList<string> arguments)
    {
        var options = VerbOptions.Parse(arguments, DefaultRounds);
        var version = await PythonPeer.RequireAsync();
        var peer = PythonPeer.Start("allreduce.py", Ranks);
        var shared = OurRanks(SumExchange.SharedMemory);
        var overTcp = OurRanks(SumExchange.Tcp);
        try
        {
            await MeetAsync(shared);
            await MeetAsync(overTcp);
            foreach (var rank in peer)
            {
                await rank.HearAsync("ready", Timeout);
            }

            var rows = new List<Comparison>();
            var wire = new List<(string Size, double Bytes, double Due)>();
            foreach (var size in Sizes)
            {
                var throughMemory = new Comparison($"{size.Name} through shared memory: µs", MoreIsBetter: false, size.Shared);
                var throughTcp = new Comparison($"{size.Name} over TCP: µs", MoreIsBetter: false, size.OverTcp);
                var (memoryTimes, tcpTimes, peerTimes) =
                    (await TimesAsync(shared, size.Floats), await TimesAsync(overTcp, size.Floats), await TimesAsync(peer, size.Floats));
                wire.Add((size.Name, await BytesSentAsync(overTcp, size.Floats), 2.0 * (Ranks - 1) / Ranks * size.Floats * sizeof(float)));
                for (var round = 0; round < options.Rounds; round++)
                {
                    throughMemory.Ours.Add(await MicrosecondsAsync(shared, size.Floats, memoryTimes));
                    throughTcp.Ours.Add(await MicrosecondsAsync(overTcp, size.Floats, tcpTimes));
                    var theirs = await MicrosecondsAsync(peer, size.Floats, peerTimes);
                    throughMemory.Peer.Add(theirs);
                    throughTcp.Peer.Add(theirs);
                }

                rows.AddRange([throughTcp, throughMemory]);
                Console.Error.WriteLine($"{size.Name}: {throughTcp.Ratio:0.00}x over TCP, {throughMemory.Ratio:0.00}x through shared memory");
            }

            Comparison.Print($"all-reduce between {Ranks} processes, against gloo of PyTorch {version}", rows);
            Console.WriteLine();
            Console.WriteLine("bytes that a rank sends over TCP in one exchange, headers included, relative to 2 (N - 1) / N of the vector");
            foreach (var (size, bytes, due) in wire)
            {
                Console.WriteLine($"{size,-10} {bytes,14:#,0} {bytes / due,10:0.0000}x");
            }
        }
        finally
        {
            Array.ForEach([.. peer, .. shared, .. overTcp], process => process.Dispose());
        }
    }

    private static ChildProcess[] OurRanks(string transport) =>
        [.. Enumerable.Range(0, Ranks).Select(rank => ChildProcess.Role(AllReduceRole.Name, $"{rank}", transport))];

    private static async Task MeetAsync(ChildProcess[] ranks)
    {
        var endpoints = new List<string>();
        foreach (var rank in ranks)
        {
            endpoints.Add(await rank.HearAsync("endpoint", Timeout));
        }

        Array.ForEach(ranks, rank => rank.Tell($"peers {string.Join(' ', endpoints)}"));
    }

    /// <summary>How many exchanges fill the time of a measurement; the first few, which are slower, are not asked.</summary>
    private static async Task<int> TimesAsync(ChildProcess[] ranks, int floats)
    {
        await MicrosecondsAsync(ranks, floats, times: 5);
        return (int)Math.Clamp(Seconds * 1e6 / await MicrosecondsAsync(ranks, floats, times: 5), 5, MostTimes);
    }

    /// <summary>Bytes of one exchange, the mean over the ranks: where the vector is too short to cut, one of them owns all of it.</summary>
    private static async Task<double> BytesSentAsync(ChildProcess[] ranks, int floats)
    {
        Array.ForEach(ranks, rank => rank.Tell($"run {floats} 1"));
        var sum = 0.0;
        foreach (var rank in ranks)
        {
            await rank.HearNumberAsync("took", Timeout);
            sum += await rank.HearNumberAsync("sent", Timeout);
        }

        Array.ForEach(ranks, rank => rank.Tell("done"));
        return sum / ranks.Length;
    }

    private static async Task<double> MicrosecondsAsync(ChildProcess[] ranks, int floats, int times)
    {
        Array.ForEach(ranks, rank => rank.Tell($"run {floats} {times}"));
        var slowest = 0.0;
        foreach (var rank in ranks)
        {
            slowest = Math.Max(slowest, await rank.HearNumberAsync("took", Timeout));
        }

        Array.ForEach(ranks, rank => rank.Tell("done"));
        return slowest / times * 1e6;
    }
}
