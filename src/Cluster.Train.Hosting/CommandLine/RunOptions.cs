using System.Globalization;

namespace Cluster.Train.Hosting.CommandLine;

/// <summary>The options that say where and how a job runs. The result does not depend on them.</summary>
internal static class RunOptions
{
    private const string Run = "The run";
    private const string Checkpoints = "Checkpoints";
    private const string Output = "Output";

    public static readonly OptionSpec<int> Workers = new("--workers", Run, ValueKinds.Whole(1, 256, "workers"),
        "Replicas in this process, each on its own thread; not more than shards.")
    { Default = _ => 1 };

    public static readonly OptionSpec<int> ModelCopies = new("--workers", Run, ValueKinds.Whole(1, 256, "workers"),
        "Copies of the model, each on its own thread; the result does not depend on their number.")
    { Default = _ => 1 };

    public static readonly OptionSpec<string> Data = new("--data", Run, ValueKinds.Text("PATH", "a folder or file that exists"),
        "Where the task's data lies.")
    { DefaultNote = "none; a task that needs it says so" };

    public static readonly OptionSpec<string> OwnInit = new("--init", Run, ValueKinds.Text("PATH", "a file that exists"),
        "Where this machine has the file of the job's --init.")
    { DefaultNote = "where the coordinator has it" };

    public static readonly OptionSpec<string> Device = new("--device", Run,
        new ValueKind<string>("DEVICE", "cpu, cuda or cuda:N", ReadDevice, device => device) { Choices = ["cpu", "cuda"] },
        "What computes: the processor, all GPUs in turn, or GPU number N.")
    { Default = _ => "cpu" };

    public static readonly OptionSpec<Membership.Topology> Topology = new("--topology", Run,
        ValueKinds.Choice(("auto", Membership.Topology.Auto), ("coordinator", Membership.Topology.Coordinator), ("sharded", Membership.Topology.Sharded)),
        "Who owns the parameters: the coordinator, or each worker a slice, which is also what auto takes.")
    { Default = _ => Membership.Topology.Auto };

    public static readonly OptionSpec<TimeSpan> StepTimeout = new("--step-timeout", Run, ValueKinds.Duration,
        "How long a step may take before whoever it waits for counts as hanging.")
    { Default = _ => TimeSpan.FromMinutes(2) };

    public static readonly OptionSpec<TimeSpan> JoinTimeout = new("--join-timeout", Run, ValueKinds.Duration,
        "How long the workers may take to open data and model.")
    { Default = _ => TimeSpan.FromMinutes(5) };

    public static readonly OptionSpec<string> CheckpointDirectory = new("--checkpoint-dir", Checkpoints, ValueKinds.Text("DIR", "a folder that can be written"),
        "Where checkpoints go; made if it is not there.")
    { DefaultNote = "no checkpoints" };

    public static readonly OptionSpec<long> CheckpointEvery = new("--checkpoint-every", Checkpoints, ValueKinds.Long(1, "steps"),
        "A checkpoint every N steps, besides the one at the end.")
    { DefaultNote = "at the end of each epoch" };

    public static readonly OptionSpec<int> Keep = new("--keep", Checkpoints, ValueKinds.Whole(1, 1_000_000, "checkpoints"),
        "How many checkpoints are kept.")
    { Default = _ => 3 };

    public static readonly OptionSpec<bool> Resume = new("--resume", Checkpoints, ValueKinds.Flag,
        "Goes on from the newest checkpoint in --checkpoint-dir, with the job that it is of: options of the job need not be given again. Where there is none, it begins: to be given from the start wherever something restarts what has ended.")
    { Default = _ => false };

    public static readonly OptionSpec<string> Checkpoint = new("--checkpoint", Checkpoints, ValueKinds.Text("DIR", "a checkpoint, or a folder of checkpoints, that exists"),
        "The checkpoint, or a folder of checkpoints: then its best, where a run with --keep-best kept one, or else its newest.");

    public static readonly OptionSpec<bool> Last = new("--last", Checkpoints, ValueKinds.Flag,
        "Takes the newest checkpoint of a folder, and not the best one that --keep-best kept.")
    { Default = _ => false };

    public static readonly OptionSpec<string> Summary = new("--summary", Output, ValueKinds.Text("FILE", "a file that can be written"),
        "Writes the result as JSON.")
    { DefaultNote = "none" };

    public static readonly OptionSpec<string> History = new("--history", Output, ValueKinds.Text("FILE", "a file that can be written"),
        "Writes a line for each evaluation of the run, as CSV.")
    { DefaultNote = "none" };

    public static readonly OptionSpec<string> Plot = new("--plot", Output, ValueKinds.Text("FILE", "a file that ends in .png or .svg"),
        "Draws loss and accuracy over the epochs, as PNG or SVG by the name's end.")
    { DefaultNote = "none" };

    public static readonly OptionSpec<string> Journal = new("--journal", Output, ValueKinds.Text("FILE", "a file that can be written"),
        "Writes a JSON line for each step, and one for each hash of the parameters; must be empty or new, but --resume continues it.")
    { DefaultNote = "none" };

    public static readonly OptionSpec<long> JournalHashEvery = new("--journal-hash-every", Output, ValueKinds.Long(1, "steps"),
        "A hash of the parameters in the journal every N steps, besides those of checkpoints and the end.")
    { DefaultNote = "at the end of each epoch" };

    public static readonly OptionSpec<LogDetail> Log = new("--log-level", Output,
        ValueKinds.Choice(("debug", LogDetail.Debug), ("info", LogDetail.Info), ("warning", LogDetail.Warning), ("error", LogDetail.Error)),
        "What the log on standard error tells; debug also shows where an unexpected error came from.")
    { Default = _ => LogDetail.Warning };

    /// <summary>Options of a run with all workers in this process.</summary>
    public static readonly IReadOnlyList<OptionSpec> Local =
    [
        Workers, Data, Device, Topology, StepTimeout, JoinTimeout,
        CheckpointDirectory, CheckpointEvery, Keep, Resume, Summary, History, Plot, Journal, JournalHashEvery, Log,
    ];

    private static string ReadDevice(string text)
    {
        if (text is "cpu" or "cuda") return text;
        return text.StartsWith("cuda:", StringComparison.Ordinal)
            && int.TryParse(text.AsSpan("cuda:".Length), NumberStyles.None, CultureInfo.InvariantCulture, out _)
            ? text
            : throw new FormatException();
    }
}
