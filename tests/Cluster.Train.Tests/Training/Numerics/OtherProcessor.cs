using Cluster.Train.Native;

namespace Cluster.Train.Tests.Training.Numerics;

/// <summary>What a machine of another kind would be, in a process of this one.</summary>
internal static class OtherProcessor
{
    /// <summary>Nothing is imitated.</summary>
    internal static IReadOnlyDictionary<string, string> None { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>MKL told that the processor is of the maker that it is not of.</summary>
    internal static IReadOnlyDictionary<string, string> OtherVendor { get; } = Of(Processor.IsIntel ? "other" : "intel");

    /// <summary>MKL told that the processor is of a maker: "intel", "other", or "" for its own.</summary>
    internal static IReadOnlyDictionary<string, string> Of(string vendor) =>
        new Dictionary<string, string>(StringComparer.Ordinal) { ["CLUSTER_TRAIN_TEST_MKL_VENDOR"] = vendor };

    /// <summary>oneDNN told other sizes of caches than it is always told: bytes of the three levels, joined by commas; or "leave".</summary>
    internal static IReadOnlyDictionary<string, string> OfCaches(string sizes) =>
        new Dictionary<string, string>(StringComparer.Ordinal) { ["CLUSTER_TRAIN_TEST_CACHES"] = sizes };

    /// <summary>The imitation of another maker, where it makes another numerics class, which is the same with --portable; else the test is skipped.</summary>
    internal static async Task<IReadOnlyDictionary<string, string>> AnotherClassAsync()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "another processor can be imitated on Linux only");
        Skip.If(await ClassAsync(None) == await ClassAsync(OtherVendor), $"on {Processor.Name} MKL computes the same bits whatever maker it takes it for: no machine of another class can be imitated");
        return OtherVendor;
    }

    /// <summary>An imitation that makes another numerics class: of another maker, or of other caches where that makes none.</summary>
    internal static async Task<IReadOnlyDictionary<string, string>> AnotherClassAtAllAsync()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "another processor can be imitated on Linux only");
        var own = await ClassAsync(None);
        foreach (var other in new[] { OtherVendor, OfCaches("49152,2097152,2097152") })
        {
            if (await ClassAsync(other) != own)
            {
                return other;
            }
        }

        throw new SkipException($"on {Processor.Name} neither another maker nor other caches make another class");
    }

    /// <summary>What <c>cluster-train numerics</c> prints.</summary>
    internal static async Task<string> ClassAsync(IReadOnlyDictionary<string, string> variables, params string[] args)
    {
        var run = await ChildProgram.TrainerAsync(variables, ["numerics", .. args]);
        Assert.True(run.ExitCode == 0, run.Text);
        return run.Out.Trim();
    }
}
