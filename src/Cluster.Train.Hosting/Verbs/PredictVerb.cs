using System.Text;
using Cluster.Train.Hosting.CommandLine;
using Cluster.Train.Hosting.Display;
using Cluster.Train.Hosting.Results;
using Cluster.Train.Running.Prediction;

namespace Cluster.Train.Hosting.Verbs;

/// <summary><c>predict</c>: the predictions of a checkpoint for new samples.</summary>
internal static class PredictVerb
{
    private static readonly OptionSpec<string> Output = new("--output", "Output", ValueKinds.Text("FILE", "a file that can be written"),
        "Gets the predictions as CSV: a line of names, then one for each sample, in the order of the data. A file that is there is replaced once all are made.");

    public static Verb Verb { get; } = new(
        "predict", "Writes the predictions of a checkpoint for new samples.",
        [RunOptions.Checkpoint, RunOptions.Last, RunOptions.Data, Output, RunOptions.ModelCopies, RunOptions.Device, RunOptions.Log], RunAsync)
    {
        TakesTask = true,
    };

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var values = invocation.Values;
        var (checkpoint, data) = (CheckpointPath.Of(values, out _), DataPath.Of(values));
        var path = values.Get(Output);
        OutputFile.Probe(path, values.Source(Output));
        using var signals = invocation.Host.ListenForSignals();
        try
        {
            var summary = await WriteAsync(path, file => invocation.Host.Engine.PredictAsync(
                invocation.Task, checkpoint, file, data, values.Get(RunOptions.Device), values.Get(RunOptions.ModelCopies), signals.Token));
            invocation.Host.Out.WriteLine(
                $"{invocation.Task.Name}: predicted {Figures.Count(summary.Samples, "sample")}, {Figures.Count(summary.Columns, "column")} each, with checkpoint {summary.Checkpoint}; {path}");
            return 0;
        }
        catch (OperationCanceledException) when (signals.ExitCode is not null)
        {
            invocation.Host.Out.WriteLine($"stopped; '{path}' was not written");
            return signals.ExitCode.Value;
        }
    }

    private static async Task<PredictionSummary> WriteAsync(string path, Func<TextWriter, Task<PredictionSummary>> predict)
    {
        PredictionSummary? summary = null;
        await OutputFile.WriteAsync(path, async temporary =>
        {
            await using var file = new StreamWriter(temporary, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
            summary = await predict(file);
        });
        return summary!;
    }
}
