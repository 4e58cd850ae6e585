using Cluster.Train.Benchmarks.Models;
using Cluster.Train.Benchmarks.Running;

namespace Cluster.Train.Benchmarks.Training;

/// <summary>Where workers are.</summary>
internal enum Place
{
    /// <summary>In one process.</summary>
    Local,

    /// <summary>Each a process, and the coordinator another; tensors travel through shared memory.</summary>
    Cluster,
}

/// <summary>
/// One row of the table: what we train in a second, as a share of what as many bare loops do side by side; and what the
/// peer trains, as a share of as many of its own single processes. Shares are taken within a round, so that what slows the
/// machine for a while slows both sides.
/// </summary>
/// <param name="Model">The model.</param>
/// <param name="Workers">Workers, each with a batch of the model's.</param>
/// <param name="Place">Where they are.</param>
internal sealed record TrainingRow(BenchmarkModel Model, int Workers, Place Place)
{
    internal Series Ours { get; } = new();

    internal Series Limit { get; } = new();

    internal Series Share { get; } = new();

    /// <summary>The share of what the loops would do in step.</summary>
    internal Series InStepShare { get; } = new();

    internal Series Peer { get; } = new();

    internal Series PeerLimit { get; } = new();

    internal Series PeerShare { get; } = new();

    /// <summary>Why there are no figures of the peer; null where there are some.</summary>
    internal string? PeerRemark { get; set; }

    /// <summary>In how many rounds it could not be measured.</summary>
    internal int Failures { get; set; }

    /// <summary>The share so far, in a few characters.</summary>
    internal string Brief => $"{Text} {(Share.Count > 0 ? $"{Share.Median:0.00}" : "failed")}";

    internal string Text => $"{Model.Text}, {Workers} {(Workers == 1 ? "worker" : "workers")}{(Place == Place.Cluster ? ", cluster" : "")}";

    /// <summary>The share that we mean to have; null where a step is all overhead, which the table tells but does not judge.</summary>
    private double? Target => Model == BenchmarkModel.Xor ? null : Place == Place.Cluster ? 0.9 : Workers == 1 ? 0.97 : 0.93;

    internal void Add(double ours, BareRate limit)
    {
        Ours.Add(ours);
        Limit.Add(limit.Rate);
        Share.Add(ours / limit.Rate);
        InStepShare.Add(ours / limit.InStep);
    }

    internal void AddPeer(double peer, double limit)
    {
        Peer.Add(peer);
        PeerLimit.Add(limit);
        PeerShare.Add(peer / limit);
    }

    /// <summary>Prints the table, and below it what each column is.</summary>
    internal static void Print(string title, IReadOnlyCollection<TrainingRow> rows, bool withPeer, bool plainLoops)
    {
        Console.WriteLine();
        Console.WriteLine(title);
        string[] header = ["samples/s", "share", "[least .. most]", "target", "in step", "ours", "bare loops", .. withPeer ? new[] { "peer's share", "peer", "its limit" } : []];
        var lines = rows.Where(row => row.Ours.Count > 0).Select(row => row.Cells(withPeer)).Prepend(header).ToArray();
        var widths = header.Select((_, column) => lines.Max(line => column < line.Length ? line[column].Length : 0)).ToArray();
        foreach (var line in lines)
        {
            Console.WriteLine(string.Join("  ", line.Select((cell, column) => column == 0 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[column]))).TrimEnd());
        }

        foreach (var row in rows.Where(row => row.Failures > 0))
        {
            Console.WriteLine($"{row.Text}: failed in {row.Failures} {(row.Failures == 1 ? "round" : "rounds")}, see standard error");
        }

        Console.WriteLine();
        Console.WriteLine($"share: ours / as many bare TorchSharp loops side by side, one thread each, {(plainLoops ? "libtorch as it comes" : "the same kernels")}, the same batches, no exchange");
        Console.WriteLine("in step: ours / the slowest of these loops times their number: cores are not equally fast at a time, and every step waits for the slower one");
        if (withPeer) Console.WriteLine("its share: DDP over gloo / its own single process times the number of ranks, which is its limit");
    }

    private string[] Cells(bool withPeer) =>
    [
        Text, $"{Share.Median:0.00}", $"[{Share.Least:0.00} .. {Share.Most:0.00}]",
        Target is { } target ? $"{target:0.00} {(Share.Median >= target ? "met" : "missed")}" : "-",
        Workers == 1 ? "-" : $"{InStepShare.Median:0.00}",
        $"{Ours.Median:#,0}", $"{Limit.Median:#,0}", .. withPeer ? PeerCells() : [],
    ];

    private string[] PeerCells() => PeerRemark is not null || PeerLimit.Count == 0
        ? [PeerRemark ?? "-"]
        : Workers == 1
            ? ["-", "-", $"{PeerLimit.Median:#,0}"]
            : [$"{PeerShare.Median:0.00}", $"{Peer.Median:#,0}", $"{PeerLimit.Median:#,0}"];
}
