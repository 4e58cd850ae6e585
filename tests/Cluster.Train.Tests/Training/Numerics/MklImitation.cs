using Cluster.Train.Native;

namespace Cluster.Train.Tests.Training.Numerics;

/// <summary>MKL told that the processor is another maker's: what a machine of another kind would be, in a process of this one.</summary>
internal static class MklImitation
{
    /// <summary>Nothing is imitated.</summary>
    internal static IReadOnlyDictionary<string, string> None { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The maker that this processor is not of.</summary>
    internal static IReadOnlyDictionary<string, string> OtherVendor { get; } = Of(Processor.IsIntel ? "other" : "intel");

    /// <summary>"intel", "other", or "" for none.</summary>
    internal static IReadOnlyDictionary<string, string> Of(string vendor) =>
        new Dictionary<string, string>(StringComparer.Ordinal) { ["CLUSTER_TRAIN_TEST_MKL_VENDOR"] = vendor };

    /// <summary>The imitation, where it makes another numerics class; else the test is skipped.</summary>
    internal static async Task<IReadOnlyDictionary<string, string>> AnotherClassAsync()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "another processor can be imitated on Linux only");
        var (own, other) = (await ClassAsync(None), await ClassAsync(OtherVendor));
        Skip.If(own == other, $"on {Processor.Name} MKL computes the same bits whatever maker it takes it for: no machine of another class can be imitated");
        return OtherVendor;
    }

    /// <summary>What <c>cluster-train numerics</c> prints.</summary>
    internal static async Task<string> ClassAsync(IReadOnlyDictionary<string, string> variables, params string[] args)
    {
        var run = await ChildProgram.TrainerAsync(variables, ["numerics", .. args]);
        Assert.True(run.ExitCode == 0, run.Text);
        return run.Out.Trim();
    }
}
