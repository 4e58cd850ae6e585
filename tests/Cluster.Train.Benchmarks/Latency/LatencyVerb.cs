using Cluster.Train.Benchmarks.AllReduce;
using Cluster.Train.Benchmarks.Running;

namespace Cluster.Train.Benchmarks.Latency;

/// <summary>
/// What bulk transfers do to control: two nodes of a cluster as the program makes them, each a process, that sum large
/// vectors through our exchange without pause, while an actor of one asks an actor of the other a hundred times a second.
/// Before that the same questions without the sums.
/// </summary>
internal static class LatencyVerb
{
    private const int DefaultSeconds = 300;
    private const int DefaultMegabytes = 100;
    private const int QuietSeconds = 10;
    private const int WarmUpSeconds = 3;
    private const int Nodes = 2;
    private const double MostMilliseconds = 20;
    private const string SecondsOption = "--seconds";
    private const string MegabytesOption = "--megabytes";
    private const string TransportOption = "--transport";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly Dictionary<string, string> Transports = new(StringComparer.Ordinal)
    {
        ["tcp"] = SumExchange.Tcp,
        ["shm"] = SumExchange.SharedMemory,
    };

    internal static async Task RunAsync(IReadOnlyList<string> arguments)
    {
        var given = VerbOptions.Named(arguments, SecondsOption, MegabytesOption, TransportOption);
        var seconds = VerbOptions.Number(given, SecondsOption, DefaultSeconds, most: 86_400);
        var megabytes = VerbOptions.Number(given, MegabytesOption, DefaultMegabytes, most: 1000);
        var name = given.GetValueOrDefault(TransportOption, "tcp");
        var transport = Transports.GetValueOrDefault(name)
            ?? throw new BadInputException($"{TransportOption} is '{name}': give one of {string.Join(", ", Transports.Keys)}");
        var nodes = Enumerable.Range(0, Nodes).Select(rank => ChildProcess.Role(LatencyRole.Name, $"{rank}", transport)).ToArray();
        try
        {
            await MeetAsync(nodes);
            await PhaseAsync(nodes, WarmUpSeconds, megabytes: 0);
            var quiet = await PhaseAsync(nodes, QuietSeconds, megabytes: 0);
            Console.Error.WriteLine($"without all-reduces: p99 {quiet.Trips.Percentile99:0.00} ms");
            var bulk = await PhaseAsync(nodes, seconds, megabytes);
            Print($"all-reduces of {megabytes} MB, {transport}", quiet, bulk);
        }
        finally
        {
            Array.ForEach(nodes, node => node.Dispose());
        }
    }

    private static async Task MeetAsync(ChildProcess[] nodes)
    {
        var endpoints = new List<string>();
        var addresses = new List<string>();
        foreach (var node in nodes)
        {
            endpoints.Add(await node.HearAsync("endpoint", Patience));
            addresses.Add(await node.HearAsync("node", Patience));
        }

        Array.ForEach(nodes, node => node.Tell($"meet {addresses[0]} {string.Join(' ', endpoints)}"));
        foreach (var node in nodes)
        {
            await node.HearAsync("joined", Patience);
        }
    }

    private static async Task<PhaseFigures> PhaseAsync(ChildProcess[] nodes, int seconds, int megabytes)
    {
        Array.ForEach(nodes, node => node.Tell($"phase {seconds} {megabytes * 1_000_000 / sizeof(float)}"));
        var trips = new List<RoundTripFigures>();
        var (sums, unreachable) = (0.0, 0.0);
        foreach (var node in nodes)
        {
            sums = await node.HearNumberAsync("sums", Patience + TimeSpan.FromSeconds(seconds));
            if (await node.HearAsync("trips", Patience) is var line and not "none")
            {
                trips.Add(RoundTripFigures.Parse(line));
            }

            unreachable += await node.HearNumberAsync("unreachable", Patience);
        }

        return new PhaseFigures(seconds, sums, trips.Single(), unreachable);
    }

    private static void Print(string what, PhaseFigures quiet, PhaseFigures bulk)
    {
        Console.WriteLine();
        Console.WriteLine($"round trips of an actor message between {Nodes} nodes, each a process on loopback");
        Console.WriteLine(
            $"{"",-32} {"seconds",8} {"sums",8} {"a second",9} {"trips",8} {"lost",6} {"median ms",10} {"p99 ms",8} {"most ms",8} {"unreachable",12}");
        foreach (var (name, phase) in new[] { ("no all-reduces", quiet), (what, bulk) })
        {
            var trips = phase.Trips;
            Console.WriteLine(
                $"{name,-32} {phase.Seconds,8} {phase.Sums,8:#,0} {phase.Sums / phase.Seconds,9:0.0} {trips.Answered,8:#,0} {trips.Asked - trips.Answered,6} "
                + $"{trips.Median,10:0.00} {trips.Percentile99,8:0.00} {trips.Most,8:0.0} {phase.Unreachable,12}");
        }

        var isMet = bulk.Trips.Percentile99 < MostMilliseconds && bulk.Unreachable == 0 && bulk.Trips.Asked == bulk.Trips.Answered;
        Console.WriteLine($"target: p99 below {MostMilliseconds:0} ms beside all-reduces, none lost, and no member ever unreachable: {(isMet ? "met" : "missed")}");
    }

    /// <summary>What came of a phase.</summary>
    /// <param name="Seconds">How long it was.</param>
    /// <param name="Sums">All-reduces done in it.</param>
    /// <param name="Trips">The questions.</param>
    /// <param name="Unreachable">How often one node held the other for unreachable, since they joined.</param>
    private sealed record PhaseFigures(int Seconds, double Sums, RoundTripFigures Trips, double Unreachable);
}
