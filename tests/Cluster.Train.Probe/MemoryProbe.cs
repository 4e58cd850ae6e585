using TorchSharp;

namespace Cluster.Train.Probe;

/// <summary>
/// Trains for many steps and prints, at powers of ten and at the end, the number of native tensors and the resident
/// memory: <c>steps 1000 tensors 123 rss 210.1 MB managed 4.5 MB in 8.2 MB</c>. The last figure is what the managed heap
/// has reserved: it follows the collector's mood, not what the program holds.
/// </summary>
internal static class MemoryProbe
{
    internal static async Task<int> RunAsync(string model, long steps)
    {
        var next = 1000L;
        // A first run brings in everything that is made once a process, machine code in its last form included.
        await new ProbeRun(_ => { }).RunAsync(model, steps: 3000);
        Console.WriteLine(Line("before", 0));
        await new ProbeRun(completed =>
        {
            if (completed >= next)
            {
                Console.WriteLine(Line("steps", completed));
                next = completed < 10_000 ? completed + 3_000 : completed + (steps / 10);
            }
        }).RunAsync(model, steps);
        Console.WriteLine(Line("after", steps));
        return 0;
    }

    private static string Line(string when, long steps)
    {
        // What the collector has not come round to is no leak.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        // GetTotalMemory can be negative while other threads allocate.
        var heap = GC.GetGCMemoryInfo();
        return string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{when} {steps} tensors {torch.Tensor.TotalCount} rss {Environment.WorkingSet / 1e6:0.0} MB managed {heap.HeapSizeBytes / 1e6:0.0} MB in {heap.TotalCommittedBytes / 1e6:0.0} MB");
    }
}
