using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Cluster.Train.Native;
using Cluster.Train.Tests.Hosting;

namespace Cluster.Train.Tests.Training.Numerics;

/// <summary>Real processes of two numerics classes, one of them imitated.</summary>
public sealed partial class OtherClassTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task A_worker_of_another_class_is_refused_before_it_computes_and_one_of_the_jobs_class_is_not()
    {
        var other = await OtherProcessor.AnotherClassAtAllAsync();
        var port = FreePort();
        var coordinator = ChildProgram.TrainerAsync(
            OtherProcessor.None, "coordinator", "xor", "--steps", "40", "--workers", "2", "--listen", $"127.0.0.1:{port}", "--tensor-port", "0");
        var (native, imitated) = (WorkerAsync(OtherProcessor.None, port), WorkerAsync(other, port));

        // The job is of the class of whichever came first.
        var first = await Task.WhenAny(native, imitated);
        var refused = await first;
        Assert.True(refused.ExitCode == 2, refused.Text);
        Assert.Matches(RefusalLine(), refused.Error);
        Assert.Contains($"computed on {Processor.Name}, this worker has {Processor.Name}", refused.Error, StringComparison.Ordinal);
        var third = WorkerAsync(first == native ? other : OtherProcessor.None, port);
        foreach (var run in new[] { await coordinator, await third, await (first == native ? imitated : native) })
        {
            Assert.True(run.ExitCode == 0, run.Text);
        }

        Assert.Contains("was refused: numerics differ in ", (await coordinator).Text, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_resume_and_a_replay_on_another_class_say_that_the_bits_part()
    {
        var other = await OtherProcessor.AnotherClassAtAllAsync();
        await TrainAsync(OtherProcessor.None, 40);

        var resumed = await TrainAsync(other, 80, "--resume");
        var replayed = await ChildProgram.TrainerAsync(other, "replay", "--journal", _folder.File("journal"));

        Assert.Contains("from here on the bits are others", resumed.Out + resumed.Error, StringComparison.Ordinal);
        Assert.Contains("the journal was computed on ", replayed.Out + replayed.Error, StringComparison.Ordinal);
        Assert.InRange(replayed.ExitCode, 0, 1);
    }

    [SkippableFact]
    public async Task A_portable_job_goes_on_on_another_class_to_the_same_bits_without_a_word()
    {
        var other = await OtherProcessor.AnotherClassAsync();
        var whole = await ChildProgram.TrainerAsync(OtherProcessor.None, "train", "xor", "--steps", "80", "--portable");
        await TrainAsync(OtherProcessor.None, 40, "--portable");

        var resumed = await TrainAsync(other, 80, "--portable", "--resume");

        Assert.DoesNotContain("computed on", resumed.Out + resumed.Error, StringComparison.Ordinal);
        Assert.Equal(HashLine().Match(whole.Out).Value, HashLine().Match(resumed.Out).Value);
        Assert.NotEmpty(HashLine().Match(whole.Out).Value);
    }

    private static Task<ChildProgram> WorkerAsync(IReadOnlyDictionary<string, string> variables, int port) =>
        ChildProgram.TrainerAsync(variables, "worker", "--listen", "127.0.0.1:0", "--seed-node", $"127.0.0.1:{port}");

    private async Task<ChildProgram> TrainAsync(IReadOnlyDictionary<string, string> variables, int steps, params string[] more)
    {
        var run = await ChildProgram.TrainerAsync(
            variables, ["train", "xor", "--steps", $"{steps}", "--checkpoint-dir", _folder.File("checkpoints"), "--journal", _folder.File("journal"), .. more]);
        Assert.True(run.ExitCode == 0, run.Text);
        return run;
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    [GeneratedRegex(
        "^error: .*numerics differ in [a-z ,]+: the job is computed on .+, this worker has .+; start the job with --portable, or use machines of one kind$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex RefusalLine();

    [GeneratedRegex("SHA-256 [0-9a-f]{64}", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex HashLine();
}
