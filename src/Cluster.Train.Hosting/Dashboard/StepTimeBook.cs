namespace Cluster.Train.Hosting.Dashboard;

/// <summary>Where the time of steps went, in all and of late. Pure.</summary>
internal sealed class StepTimeBook
{
    /// <summary>"Of late" begins so many seconds ago.</summary>
    public const double Span = 30;

    private const double Spacing = 1;

    private readonly Queue<(double At, StepTime Time)> _past = [];
    private double _lastKept = double.NegativeInfinity;

    /// <summary>Of the whole run.</summary>
    public StepTime Total { get; private set; }

    /// <summary>Of the last half minute; of the whole run where that is not so old.</summary>
    public StepTime Recent { get; private set; }

    /// <summary>Takes what the workers have reported so far.</summary>
    /// <param name="at">When, in seconds.</param>
    /// <param name="total">Of the whole run.</param>
    public void Add(double at, StepTime total)
    {
        Total = total;
        if (at - _lastKept >= Spacing)
        {
            _past.Enqueue((at, total));
            _lastKept = at;
        }

        // The last one that is old enough is where the span begins.
        while (_past.Count > 1 && at - _past.ElementAt(1).At >= Span) _past.Dequeue();
        var before = at - _past.Peek().At >= Span ? _past.Peek().Time : default;
        var recent = new StepTime(
            total.Data - before.Data, total.Compute - before.Compute, total.Wait - before.Wait, total.Exchange - before.Exchange, total.Evaluation - before.Evaluation);
        Recent = recent.Total > 0 ? recent : total;
    }
}
