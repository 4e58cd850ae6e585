namespace Cluster.Train.Hosting.Dashboard;

/// <summary>A point of a curve.</summary>
/// <param name="X">A step, or seconds since the run began.</param>
/// <param name="Value">The value there.</param>
internal readonly record struct CurvePoint(double X, double Value);

/// <summary>
/// A curve that grows without end in bounded memory: of its points it keeps every one, then every second, every fourth and so on;
/// the best and the newest are kept whatever their place. Pure.
/// </summary>
/// <param name="kind">"loss", "metric" or "throughput": what belongs together.</param>
/// <param name="name">What it is of.</param>
/// <param name="better">Whether larger or smaller values are better; null where none is best.</param>
internal sealed class Curve(string kind, string name, Better? better)
{
    /// <summary>How many points are kept at most, best and newest not counted.</summary>
    public const int Most = 1000;

    private readonly List<CurvePoint> _kept = [];
    private long _stride = 1;

    /// <summary>What belongs together.</summary>
    public string Kind => kind;

    /// <summary>What it is of.</summary>
    public string Name => name;

    /// <summary>Which values are better; null where none is best.</summary>
    public Better? Better => better;

    /// <summary>Points that were kept, in order.</summary>
    public IReadOnlyList<CurvePoint> Kept => _kept;

    /// <summary>Grows whenever kept points were taken away.</summary>
    public int Revision { get; private set; }

    /// <summary>How many points there were.</summary>
    public long Count { get; private set; }

    /// <summary>The best point, the first of equal ones; null before the first that is a number, and where none is best.</summary>
    public CurvePoint? Best { get; private set; }

    /// <summary>The newest point; null before the first.</summary>
    public CurvePoint? Last { get; private set; }

    /// <summary>Adds a point. One that lies before the newest was told before, and is the same.</summary>
    public void Add(double x, double value)
    {
        if (Last is { } last && x <= last.X) return;
        var point = new CurvePoint(x, value);
        Last = point;
        if (better is not null && IsBetter(value)) Best = point;
        if (Count % _stride == 0)
        {
            if (_kept.Count == Most) Thin();
            if (Count % _stride == 0) _kept.Add(point);
        }

        Count++;
    }

    private bool IsBetter(double value) => double.IsFinite(value)
        && (Best is not { } best || (better == Dashboard.Better.Higher ? value > best.Value : value < best.Value));

    private void Thin()
    {
        var index = 0;
        _kept.RemoveAll(_ => index++ % 2 == 1);
        _stride *= 2;
        Revision++;
    }
}

/// <summary>Which values are better.</summary>
internal enum Better
{
    /// <summary>Smaller ones: a loss.</summary>
    Lower,

    /// <summary>Larger ones: an accuracy.</summary>
    Higher,
}
