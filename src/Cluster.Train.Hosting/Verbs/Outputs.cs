using Cluster.Train.Hosting.CommandLine;
using Cluster.Train.Hosting.Display;
using Cluster.Train.Hosting.Results;
using Cluster.Train.Hosting.Surroundings;
using Cluster.Train.Hosting.TensorBoard;
using Cluster.Train.Training;

namespace Cluster.Train.Hosting.Verbs;

/// <summary>The files of a run: <c>--summary</c>, <c>--history</c>, <c>--plot</c> and <c>--journal</c>.</summary>
internal sealed class Outputs
{
    private readonly string? _summary;
    private readonly string? _history;
    private readonly string? _plot;
    private readonly string? _journal;

    private readonly string? _trace;
    private readonly string? _tensorBoard;
    private readonly int _histogramsEvery;
    private RunRates? _rates;

    private Outputs(string? summary, string? history, string? plot, string? journal, string? trace, string? tensorBoard, int histogramsEvery)
    {
        (_trace, _tensorBoard, _histogramsEvery) = (trace, tensorBoard, histogramsEvery);
        _summary = summary;
        _history = history;
        _plot = plot;
        _journal = journal;
    }

    /// <summary>Name and path of each, for the closing report.</summary>
    public IEnumerable<(string Name, string Path)> Files
    {
        get
        {
            if (_summary is not null) yield return ("summary", _summary);
            if (_history is not null) yield return ("history", _history);
            if (_plot is not null) yield return ("plot", _plot);
            if (_journal is not null) yield return ("journal", _journal);
            if (_trace is not null) yield return ("trace", _trace);
            if (_tensorBoard is not null) yield return ("tensorboard", _tensorBoard);
        }
    }

    /// <summary>Takes the paths from the options and tries them, so that a long run does not end with nothing written.</summary>
    /// <exception cref="BadInputException">A file that cannot be written, or of a kind that is not known.</exception>
    public static Outputs Of(OptionValues values)
    {
        var summary = values.GetIfGiven(RunOptions.Summary);
        var history = values.GetIfGiven(RunOptions.History);
        var plot = values.GetIfGiven(RunOptions.Plot);
        if (history is not null) OutputFile.Probe(history, values.Source(RunOptions.History));
        if (summary is not null) OutputFile.Probe(summary, values.Source(RunOptions.Summary));
        if (plot is not null)
        {
            if (!LossPlot.IsSupported(plot)) throw new BadInputException($"{values.Source(RunOptions.Plot)} is '{plot}': give {RunOptions.Plot.Needs}");
            OutputFile.Probe(plot, values.Source(RunOptions.Plot));
        }

        var journal = values.GetIfGiven(RunOptions.Journal);
        if (journal is not null)
        {
            OutputFile.Probe(journal, values.Source(RunOptions.Journal));
        }
        else if (values.IsGiven(RunOptions.JournalHashEvery))
        {
            throw new BadInputException($"{values.Source(RunOptions.JournalHashEvery)} needs --journal FILE, where the hashes go");
        }

        var tensorBoard = values.GetIfGiven(MonitoringOptions.TensorBoard);
        if (tensorBoard is not null)
        {
            OutputFile.ProbeDirectory(tensorBoard, values.Source(MonitoringOptions.TensorBoard));
        }
        else if (values.IsGiven(MonitoringOptions.HistogramsEvery))
        {
            throw new BadInputException($"{values.Source(MonitoringOptions.HistogramsEvery)} needs --tensorboard DIR, where the histograms go");
        }

        return new Outputs(
            summary, history, plot, journal, values.GetIfGiven(MonitoringOptions.Trace), tensorBoard, values.Get(MonitoringOptions.HistogramsEvery));
    }

    /// <summary>Has the files written that grow while the job runs, besides the journal.</summary>
    /// <param name="observers">Whoever watches.</param>
    /// <param name="task">The task.</param>
    /// <param name="definition">The job.</param>
    public void Observe(RunObservers observers, ITrainingTask task, JobDefinition definition)
    {
        _rates = new RunRates(task, definition);
        if (_tensorBoard is not null) observers.AddOnThread(new TensorBoardObserver(_tensorBoard, task, definition, _histogramsEvery));
    }

    /// <summary>
    /// Ends a run: writes the files first, then says how it went, since whoever reads the output may have stopped to.
    /// The journal was written while the job ran.
    /// </summary>
    /// <exception cref="TrainingFaultException">A file cannot be written after all; the report was made all the same.</exception>
    public void Close(HostContext host, JobDisplay display, JobDefinition definition, JobOutcome outcome, CurveRecorder curves)
    {
        try
        {
            if (curves.Roster is not null && (_summary ?? _history) is not null) _rates?.Begin(curves.Roster);
            if (_summary is not null) RunSummary.Of(definition, outcome, _rates).Write(_summary);
            if (_history is not null && !outcome.WasDone) HistoryFile.Write(_history, outcome.History, _rates!);
            // A job that was done before has no curve: the one of the run that did it stays.
            if (_plot is not null && !outcome.WasDone) LossPlot.Write(_plot, Invariant($"{definition.Task}, seed {definition.Seed}"), curves);
        }
        finally
        {
            display.Dispose();
            ClosingReport.Write(host, ClosingReport.Rows(definition, outcome, Files));
        }
    }
}
