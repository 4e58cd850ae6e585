using System.Text.Json;
using Cluster.Train.Hosting.Display;
using Cluster.Train.Hosting.Surroundings;
using Cluster.Train.Protocol;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Cluster.Train.Hosting.Verbs;

/// <summary><c>status --watch</c>: asks again and again, and shows a table that is redrawn in place; in a pipe, one after another.</summary>
/// <param name="host">The surroundings.</param>
/// <param name="ask">Asks, as often as what it is given says so, which also shows the answer.</param>
/// <param name="json">How an answer looks in JSON, in one line; null for a table.</param>
internal sealed class StatusView(HostContext host, Func<Func<StatusReport, Task<bool>>, Task> ask, JsonSerializerOptions? json)
{
    private StatusReport? _last;
    private bool _heard;

    /// <summary>Shows the job until it is over or the user has seen enough.</summary>
    /// <param name="stop">The user has seen enough.</param>
    /// <exception cref="TrainingFaultException">Nobody answers any more, and the job was not at its end.</exception>
    public async Task ShowAsync(CancellationToken stop)
    {
        if (host.Terminal is { } terminal && json is null)
        {
            await terminal.Live(new Text("asking")).StartAsync(live => AskAsync(
                report =>
                {
                    live.UpdateTarget(Render(terminal, report));
                    live.Refresh();
                },
                stop));
        }
        else
        {
            await AskAsync(Write, stop);
        }

        if (!stop.IsCancellationRequested) host.Out.WriteLine("the job is over");
    }

    /// <summary>The table at a moment, never wider than the terminal.</summary>
    internal static IRenderable Render(IAnsiConsole terminal, StatusReport report) => ClosingReport.Render(terminal, StatusVerb.Rows(report));

    private static bool IsOver(StatusReport report) =>
        report.Phase is "done" or "ending" || (report.TotalSteps > 0 && report.CompletedSteps >= report.TotalSteps);

    private async Task AskAsync(Action<StatusReport> show, CancellationToken stop)
    {
        do
        {
            _heard = false;
            try
            {
                await ask(async report =>
                {
                    (_last, _heard) = (report, true);
                    show(report);
                    await Task.Delay(host.WatchInterval, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    return !stop.IsCancellationRequested && report.Phase != "done";
                });
                return;
            }
            catch (TrainingFaultException) when (_last is not null && (_heard || IsOver(_last)))
            {
                // The node that answered may be gone, and another one answer; or nobody, once the job is over.
            }
        }
        while (!IsOver(_last!));
    }

    private void Write(StatusReport report)
    {
        if (json is not null)
        {
            host.Out.WriteLine(JsonSerializer.Serialize(report, json));
        }
        else
        {
            ClosingReport.Write(host, StatusVerb.Rows(report));
            host.Out.WriteLine();
        }

        host.Out.Flush();
    }
}
