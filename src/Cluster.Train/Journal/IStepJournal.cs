using System.Collections.Immutable;
using Cluster.Train.Protocol;

namespace Cluster.Train.Journal;

/// <summary>
/// Is told of every step that is done, those that are done again among them. Called by the coordinator, one call at a
/// time; a call only hands the work on.
/// </summary>
internal interface IStepJournal
{
    /// <summary>A generation begins; steps from its first one on are reported again even where they were before.</summary>
    /// <param name="generation">Its number.</param>
    /// <param name="firstStep">Steps of the job done when it begins.</param>
    void Begin(int generation, long firstStep);

    /// <summary>A worker of this generation has done steps.</summary>
    /// <param name="report">Its word.</param>
    /// <param name="reductions">Steps from which evaluations have reduced the learning rate once more, those of the report's steps at least.</param>
    void Report(StepReport report, ImmutableArray<long> reductions);

    /// <summary>All replicas have parameters of this hash.</summary>
    /// <param name="generation">The generation.</param>
    /// <param name="completedSteps">Steps of the job done.</param>
    /// <param name="sha256">As in <see cref="Training.ParametersHash"/>.</param>
    void Hash(int generation, long completedSteps, string sha256);

    /// <summary>The parameters after some steps were evaluated.</summary>
    /// <param name="generation">The generation.</param>
    /// <param name="completedSteps">Steps of the job done.</param>
    /// <param name="result">The evaluation.</param>
    void Evaluation(int generation, long completedSteps, EvaluationResult result);

    /// <summary>What the user should read of the journal's state, once; null for nothing.</summary>
    string? TakeNotice();
}
