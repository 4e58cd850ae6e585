using Cluster.Train.Hosting.CommandLine;
using Cluster.Train.Hosting.Display;
using Cluster.Train.Training;
using Cluster.Train.Verification;

namespace Cluster.Train.Hosting.Verbs;

/// <summary><c>verify</c>: trains a task in many ways and says whether the bits are the same.</summary>
internal static class VerifyVerb
{
    /// <summary>The most workers of a variant.</summary>
    private const int MostWorkers = 4;

    public static Verb Verb { get; } = new(
        "verify", "Trains a task for a few steps in many ways (1 to 4 workers, both topologies, all transports, resumed, struck by faults, once more) and says whether the bits are the same, or where they part.",
        VerifyOptions.All, RunAsync)
    {
        TakesTask = true,
        TakesTaskOptions = true,
    };

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var (host, options) = (invocation.Host, Options(invocation));
        using var signals = host.ListenForSignals();
        try
        {
            if (host.Variable(JobVerification.OtherProcessVariable) is { Length: > 0 } folder)
            {
                await JobVerification.RunAsOtherProcessAsync(invocation.Task, options, folder, signals.Token);
                return 0;
            }

            using var display = new VerifyDisplay(host);
            var report = await JobVerification.RunAsync(invocation.Task, options with { Progress = display }, signals.Token);
            display.Dispose();
            host.Out.Write(report);
            return report.AllAgree ? 0 : 1;
        }
        catch (OperationCanceledException) when (signals.ExitCode is not null)
        {
            host.Out.WriteLine("stopped before all variants were trained");
            return signals.ExitCode.Value;
        }
    }

    private static VerificationOptions Options(Invocation invocation)
    {
        var values = invocation.Values;
        var definition = JobBuilder.Build(values, Math.Min(MostWorkers, values.Get(VerifyOptions.Shards)));
        return new VerificationOptions
        {
            Definition = definition with { Length = new RunLength(Epochs: null, values.Get(VerifyOptions.Steps)) },
            DataDirectory = DataPath.Of(values),
            Device = values.Get(RunOptions.Device),
            Full = values.Get(VerifyOptions.Full),
            VariantTimeout = values.Get(VerifyOptions.VariantTimeout),
            StepTimeout = values.Get(RunOptions.StepTimeout),
            JoinTimeout = values.Get(RunOptions.JoinTimeout),
            // Faults are part of it: what is warned of in a job is no news here.
            LogLevel = values.IsGiven(RunOptions.Log) ? values.Get(RunOptions.Log) : LogDetail.Error,
            StartOtherProcess = invocation.Host.StartOtherProcess,
        };
    }
}
