using Cluster.Train.Benchmarks.Models;
using Cluster.Train.Benchmarks.Running;
using Cluster.Train.Benchmarks.Training;

namespace Cluster.Train.Benchmarks.Memory;

/// <summary>
/// The most memory that training takes, beside a loop of TorchSharp alone over the same model. Peaks of resident memory do
/// not depend on how busy the machine is.
/// </summary>
internal static class MemoryVerb
{
    private const string ModelOption = "--model";
    private const string WorkersOption = "--workers";
    private const string StepsOption = "--steps";
    private const int DefaultSteps = 6;
    private const int DefaultWorkers = 3;
    private const string Plain = "0";
    private const string Momentum = "0.9";

    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(10);

    internal static async Task RunAsync(IReadOnlyList<string> arguments)
    {
        var given = VerbOptions.Named(arguments, ModelOption, WorkersOption, StepsOption);
        var model = BenchmarkModel.Find(given.GetValueOrDefault(ModelOption, BenchmarkModel.Large.Name));
        var steps = $"{VerbOptions.Number(given, StepsOption, DefaultSteps, most: 1000)}";
        var most = VerbOptions.Number(given, WorkersOption, DefaultWorkers, most: 16);
        var empty = await PeakAsync(MemoryRole.Bare, BenchmarkModel.Xor.Name, Plain, steps);
        Console.WriteLine($"{ThisMachine.Description}; {model.Text}, {steps} steps; a loop of 17 parameters: {empty:0} MB");
        foreach (var momentum in new[] { Plain, Momentum })
        {
            var bare = await PeakAsync(MemoryRole.Bare, model.Name, momentum, steps);
            var rule = momentum == Plain ? "SGD" : "SGD with momentum";
            Say($"{rule}, bare loop", bare, bare);
            double before = 0;
            for (var workers = 1; workers <= most; workers++)
            {
                var peak = await PeakAsync(MemoryRole.Local, model.Name, momentum, steps, $"{workers}", "0");
                Say($"{rule}, {Count(workers)}", peak, bare, workers == 1 ? null : peak - before);
                before = peak;
            }

            Say($"{rule}, 1 worker, checkpoints", await PeakAsync(MemoryRole.Local, model.Name, momentum, steps, "1", "2"), bare);
            var nodes = await ClusterAsync(model.Name, momentum, steps);
            Say($"{rule}, each of 2 cluster workers, snapshots", nodes.Skip(1).Max(), bare);
            Say($"{rule}, their coordinator", nodes[0], bare);
        }
    }

    private static string Count(int workers) => workers == 1 ? "1 worker" : $"{workers} workers";

    private static void Say(string what, double peak, double bare, double? more = null) =>
        Console.WriteLine($"{what,-52} {peak,7:#,0} MB  {peak / bare,5:0.00} of a bare loop{(more is { } added ? $"  {added:+0;-0} MB" : "")}");

    private static async Task<double> PeakAsync(string role, params string[] arguments)
    {
        using var process = ChildProcess.Role(role, arguments);
        return await process.HearNumberAsync("peak", Timeout);
    }

    private static async Task<double[]> ClusterAsync(string model, string momentum, string steps)
    {
        var nodes = new List<ChildProcess> { ChildProcess.Role(MemoryRole.Coordinator, model, momentum, steps, "2") };
        try
        {
            var seed = await nodes[0].HearAsync(TrainingRole.Seed, Timeout);
            nodes.AddRange([ChildProcess.Role(MemoryRole.Worker, seed), ChildProcess.Role(MemoryRole.Worker, seed)]);
            return await Task.WhenAll(nodes.Select(node => node.HearNumberAsync("peak", Timeout)));
        }
        finally
        {
            nodes.ForEach(node => node.Dispose());
        }
    }
}
