using Cluster.Train.Hosting.CommandLine;
using Cluster.Train.Hosting.Display;
using Cluster.Train.Running.Replay;

namespace Cluster.Train.Hosting.Verbs;

/// <summary><c>replay</c>: computes the steps of a journal again and says whether the bits are the same.</summary>
internal static class ReplayVerb
{
    private const string Section = "The replay";

    /// <summary>The journal: here it is read, and has to be given.</summary>
    internal static readonly OptionSpec<string> Journal = new("--journal", Section, ValueKinds.Text("FILE", "the file that a run's --journal named"),
        "The journal to compare with.");

    /// <summary>Where to begin: optional here, and from a folder the oldest.</summary>
    internal static readonly OptionSpec<string> Checkpoint = new("--checkpoint", Section, ValueKinds.Text("DIR", "a checkpoint, or a folder of checkpoints, that exists"),
        "Where to begin: a checkpoint of the run, or a folder of checkpoints: then its oldest.")
    { DefaultNote = "none; it begins at step 0, with the job that the journal describes" };

    /// <summary>The weights of a job that began with a file's.</summary>
    internal static readonly OptionSpec<string> Init = new("--init", Section, ValueKinds.Text("PATH", "the file of weights, or the checkpoint, that the run's --init named"),
        "The weights that the job began with, where it was told so and the replay begins at step 0.")
    { DefaultNote = "those that the task makes" };

    public static Verb Verb { get; } = new(
        "replay", "Computes the steps of a journal again and says at which one, if any, the bits part.",
        [Journal, Checkpoint, Init, RunOptions.Data, RunOptions.Device, RunOptions.StepTimeout, RunOptions.Log], RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var values = invocation.Values;
        var options = new ReplayOptions
        {
            Tasks = invocation.Host.Tasks,
            Journal = values.Get(Journal),
            Checkpoint = values.GetIfGiven(Checkpoint),
            DataDirectory = DataPath.Of(values),
            Init = values.GetIfGiven(Init),
            Device = values.Get(RunOptions.Device),
            StepTimeout = values.Get(RunOptions.StepTimeout),
            LogLevel = values.Get(RunOptions.Log),
        };
        using var signals = invocation.Host.ListenForSignals();
        using var display = JobDisplay.Start(invocation.Host, "replay", signals);
        ReplayResult result;
        try
        {
            result = await invocation.Host.Engine.ReplayAsync(options, display.Observer, signals.Token);
        }
        catch (OperationCanceledException) when (signals.ExitCode is not null)
        {
            display.Dispose();
            invocation.Host.Out.WriteLine("stopped before the first step");
            return signals.ExitCode.Value;
        }

        display.Dispose();
        foreach (var line in Describe(result))
        {
            invocation.Host.Out.WriteLine(line);
        }

        return result.Difference is not null ? 1 : result.Complete ? 0 : signals.ExitCode ?? 1;
    }

    private static IEnumerable<string> Describe(ReplayResult result)
    {
        var what = $"{Figures.Count(result.AgreedLosses, "loss", "losses")} and {Figures.Count(result.AgreedHashes, "hash", "hashes")} of the parameters";
        if (result.Difference is { } difference)
        {
            yield return Invariant($"{result.Task}: the bits part at step {difference.Step}: its {difference.What} is {difference.Journalled} in the journal, {difference.Recomputed} now");
            yield return result.LastAgreed is { } last
                ? Invariant($"step {last} is the last that agreed{Hashes(result.LastAgreedHash, last)}")
                : Invariant($"nothing was compared before it: the replay began at step {result.FirstStep}");
        }
        else
        {
            yield return Invariant($"{result.Task}: the bits agree from step {result.FirstStep} {(result.Complete ? Invariant($"to step {result.LastStep}") : Invariant($"to step {result.LastAgreed ?? result.FirstStep}, where it was stopped"))}: {what}");
        }

        if (result.MissingSteps > 0) yield return $"the journal has no line for {Figures.Count(result.MissingSteps, "step")}";
        if (result.Remark is { } remark) yield return remark;
    }

    // A loss can be the same for parameters that differ in a few bits; a hash cannot.
    private static string Hashes(long? hashed, long last) => hashed is null ? "; no hash was compared before it"
        : hashed == last ? ", and so did its hash"
        : Invariant($"; the last hash that agreed is that of step {hashed}, and some bits may have parted since (a run with --journal-hash-every 1 tells the very step)");
}
