using Cluster.Train.Actors;
using Cluster.Train.Hosting.CommandLine;
using Cluster.Train.Hosting.Display;
using Cluster.Train.Hosting.Results;

namespace Cluster.Train.Hosting.Verbs;

/// <summary><c>train</c>: coordinator and workers in this process.</summary>
internal static class TrainVerb
{
    public static Verb Verb { get; } = new(
        "train", "Trains a task with coordinator and workers in this process.", [.. JobOptions.All, .. RunOptions.Local], RunAsync)
    {
        TakesTask = true,
        TakesTaskOptions = true,
    };

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var values = invocation.Values;
        var options = Options(values);
        var outputs = Outputs.Of(values);

        using var signals = invocation.Host.ListenForSignals();
        using var display = JobDisplay.Start(invocation.Host, invocation.Task.Name);
        var curves = new CurveRecorder(display.Observer);
        JobOutcome outcome;
        try
        {
            outcome = await invocation.Host.Engine.RunAsync(options, curves, signals.Token);
        }
        catch (OperationCanceledException) when (signals.ExitCode is not null)
        {
            display.Dispose();
            invocation.Host.Out.WriteLine("stopped before the first step");
            return signals.ExitCode.Value;
        }

        display.Dispose();
        ClosingReport.Write(invocation.Host, ClosingReport.Rows(options.Definition, outcome, outputs.Files));
        outputs.Write(options.Definition, outcome, curves);
        return outcome.Completed ? 0 : signals.ExitCode ?? 1;
    }

    private static LocalTrainingOptions Options(OptionValues values)
    {
        var workers = values.Get(RunOptions.Workers);
        var definition = JobBuilder.Build(values, workers);
        var checkpoints = values.GetIfGiven(RunOptions.CheckpointDirectory);
        if (checkpoints is null)
        {
            foreach (var option in new OptionSpec[] { RunOptions.CheckpointEvery, RunOptions.Keep, RunOptions.Resume })
            {
                if (values.IsGiven(option)) throw new BadInputException($"{values.Source(option)} needs --checkpoint-dir DIR, where the checkpoints are");
            }
        }
        else
        {
            OutputFile.ProbeDirectory(checkpoints, values.Source(RunOptions.CheckpointDirectory));
        }

        return new LocalTrainingOptions
        {
            Task = values.Task,
            Definition = definition,
            DataDirectory = DataPath.Of(values),
            Workers = workers,
            Topology = values.Get(RunOptions.Topology),
            Device = values.Get(RunOptions.Device),
            CheckpointDirectory = checkpoints,
            CheckpointEvery = values.IsGiven(RunOptions.CheckpointEvery) ? values.Get(RunOptions.CheckpointEvery) : null,
            Keep = values.Get(RunOptions.Keep),
            Resume = values.Get(RunOptions.Resume),
            StepTimeout = values.Get(RunOptions.StepTimeout),
            JoinTimeout = values.Get(RunOptions.JoinTimeout),
            LogLevel = values.Get(RunOptions.Log),
        };
    }
}
