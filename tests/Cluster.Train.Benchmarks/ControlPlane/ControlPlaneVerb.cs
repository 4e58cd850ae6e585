using Cluster.Train.Benchmarks.Running;

namespace Cluster.Train.Benchmarks.ControlPlane;

/// <summary>
/// What a coordinator costs per step, by the number of workers: the real actors of both sides in this process, with
/// workers that compute nothing. Messages are not serialized here; what that costs is measured apart, on the messages of
/// one worker.
/// </summary>
internal static class ControlPlaneVerb
{
    private const int DefaultRounds = 7;
    private const double MostSeconds = 0.020;

    private static readonly (int Workers, int Steps)[] Sizes = [(16, 2000), (128, 1000), (1024, 300)];

    /// <summary>A quarter of a second a step: each has a lease of its own, the most that the control plane ever does; and fast steps.</summary>
    private static readonly (string Name, double SecondsPerStep, int Longer)[] Paces = [("a lease a step", 0.25, 1), ("50 steps a lease", 0.005, 10)];

    internal static async Task RunAsync(IReadOnlyList<string> arguments)
    {
        var options = VerbOptions.Parse(arguments, DefaultRounds);
        if (!OperatingSystem.IsLinux())
        {
            throw new BadInputException("control-plane reads the processor time of one thread, which it can on Linux only: run it there");
        }

        var results = Paces.SelectMany(_ => Sizes, (pace, size) => (Pace: pace, Size: size, Seconds: new Series(), Bytes: new Series())).ToArray();
        for (var round = 0; round < options.Rounds; round++)
        {
            foreach (var (pace, (workers, steps), seconds, bytes) in results)
            {
                var cost = await StubJob.RunAsync(workers, steps * pace.Longer, pace.SecondsPerStep);
                seconds.Add(cost.Seconds);
                bytes.Add(cost.Bytes);
                Console.Error.WriteLine($"round {round + 1} of {options.Rounds}, {workers} workers, {pace.Name}: {seconds.Median * 1e6:#,0} µs a step so far");
            }
        }

        Console.WriteLine();
        Console.WriteLine("the coordinator's processor time per step: that of its actor's own thread (median [least .. most]), and what that allocates");
        Console.WriteLine($"{"",-18} {"workers",8} {"µs a step",-28} {"µs a worker",12} {"growth",8} {"of N",8} {"kB a step",10}");
        foreach (var pace in results.GroupBy(result => result.Pace.Name))
        {
            var (_, smallest, least, _) = pace.First();
            foreach (var (_, (workers, _), seconds, bytes) in pace)
            {
                var growth = seconds.Median / least.Median;
                var ofWorkers = (double)workers / smallest.Workers;
                var verdict = growth <= ofWorkers && (workers < Sizes[^1].Workers || seconds.Median <= MostSeconds) ? "met" : "missed";
                Console.WriteLine(
                    $"{pace.Key,-18} {workers,8} {$"{seconds.Median * 1e6:#,0.0} [{seconds.Least * 1e6:#,0.0} .. {seconds.Most * 1e6:#,0.0}]",-28} "
                    + $"{seconds.Median * 1e6 / workers,12:0.00} {growth,7:0.0}x {ofWorkers,7:0}x {bytes.Median / 1e3,10:#,0.0}  {verdict}");
            }
        }

        Console.WriteLine($"target: grows no faster than the number of workers, and at most {MostSeconds * 1e3:0} ms a step at {Sizes[^1].Workers:#,0}");
        WireCost.Print(Sizes[^1].Workers);
    }
}
