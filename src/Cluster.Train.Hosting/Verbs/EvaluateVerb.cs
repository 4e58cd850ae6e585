using Cluster.Train.Hosting.CommandLine;
using Cluster.Train.Hosting.Display;

namespace Cluster.Train.Hosting.Verbs;

/// <summary><c>evaluate</c>: the loss and accuracy of a checkpoint.</summary>
internal static class EvaluateVerb
{
    private static readonly OptionSpec<bool> New = new("--new", RunOptions.Data.Section, ValueKinds.Flag,
        "Takes --data as new samples with their targets: all are evaluated, treated as the training treated its own.")
    { Default = _ => false };

    public static Verb Verb { get; } = new(
        "evaluate", "Evaluates the parameters of a checkpoint, without training.",
        [RunOptions.Checkpoint, RunOptions.Last, RunOptions.Data, New, RunOptions.ModelCopies, RunOptions.Device, RunOptions.Log], RunAsync)
    {
        TakesTask = true,
    };

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var values = invocation.Values;
        var checkpoint = CheckpointPath.Of(values, out var best);
        if (best is not null)
        {
            invocation.Host.Out.WriteLine($"{invocation.Task.Name}: the best checkpoint, {Path.GetFileName(checkpoint)}, by {best.Metric} {Figures.Metric(best.Metric, best.Value)}; --last takes the newest");
        }

        using var signals = invocation.Host.ListenForSignals();
        // It has no steps, and where it stops, nothing is lost.
        signals.SayThrough(_ => invocation.Host.Error.WriteLine($"{invocation.Task.Name}: stopping, without a result; a second signal ends at once"));
        EvaluationResult result;
        try
        {
            result = await invocation.Host.Engine.EvaluateAsync(
                invocation.Task, checkpoint, DataPath.Of(values), values.Get(RunOptions.Device), values.Get(RunOptions.ModelCopies), values.Get(New), signals.Token);
        }
        catch (OperationCanceledException) when (signals.ExitCode is not null)
        {
            return signals.ExitCode.Value;
        }

        var metrics = string.Concat(result.Numbers().Select(figure => $"  {figure.Name} {Figures.Metric(figure.Name, figure.Value)}"));
        invocation.Host.Out.WriteLine($"{invocation.Task.Name}: test loss {Figures.Loss(result.Loss)}{metrics}  over {Figures.Count(result.Samples, values.Get(New) ? "new sample" : "sample")}");
        return 0;
    }
}
