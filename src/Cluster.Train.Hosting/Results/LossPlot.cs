using System.Globalization;
using ScottPlot;

namespace Cluster.Train.Hosting.Results;

/// <summary>Draws how loss and accuracy, or the first metric, went, for <c>--plot FILE</c>.</summary>
internal static class LossPlot
{
    private const int Width = 960;
    private const int Height = 540;

    // From this ratio of largest to smallest loss on, a linear axis hides the end of the curve.
    private const double WideRange = 20;

    private static readonly Color LossColor = Color.FromHex("#1f5fa8");
    private static readonly Color TestColor = Color.FromHex("#d1701f");
    private static readonly Color MeasureColor = Color.FromHex("#3a8f4d");

    /// <summary>Whether the file's name says PNG or SVG.</summary>
    public static bool IsSupported(string path) => IsSvg(path) || path.EndsWith(".png", StringComparison.OrdinalIgnoreCase);

    /// <summary>Draws the file whole or not at all.</summary>
    /// <param name="path">Ends in .png or .svg.</param>
    /// <param name="title">Above the picture.</param>
    /// <param name="curves">What was recorded.</param>
    public static void Write(string path, string title, CurveRecorder curves)
    {
        // The labels on the axes are written under the thread's culture.
        var culture = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        try
        {
            Save(path, title, curves);
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    private static void Save(string path, string title, CurveRecorder curves)
    {
        var plot = Draw(title, curves);
        OutputFile.Write(path, temporary =>
        {
            if (IsSvg(path)) plot.SaveSvg(temporary, Width, Height);
            else plot.SavePng(temporary, Width, Height);
        });
    }

    private static bool IsSvg(string path) => path.EndsWith(".svg", StringComparison.OrdinalIgnoreCase);

    private static Plot Draw(string title, CurveRecorder curves)
    {
        var plot = new Plot();
        plot.Title(title);
        plot.Grid.MajorLineColor = Colors.Black.WithOpacity(0.08);
        plot.Axes.Top.IsVisible = false;

        // Fewer than two epochs make no curve: then the steps in between are drawn.
        var byEpoch = curves.Epochs.Count > 1;
        var training = byEpoch
            ? curves.Epochs.Select(epoch => new Coordinates(epoch.Epoch, epoch.Loss)).ToList()
            : curves.Moments.Select(moment => new Coordinates(moment.CompletedSteps, moment.Loss)).ToList();
        double PositionOf(EpochResult epoch) => byEpoch ? epoch.Epoch : epoch.CompletedSteps;
        var evaluated = curves.Epochs.Where(epoch => epoch.Evaluation is not null).Select(epoch => (At: PositionOf(epoch), Result: epoch.Evaluation!))
            .Concat(curves.Within.Select(point => (At: byEpoch ? (double)point.CompletedSteps / curves.StepsPerEpoch : point.CompletedSteps, Result: point.Evaluation)))
            .OrderBy(point => point.At).ToList();
        var test = evaluated.ConvertAll(point => new Coordinates(point.At, point.Result.Loss));
        // Accuracy, or else the task's first metric: one curve beside the losses can still be told apart.
        var measure = evaluated.SelectMany(point => point.Result.Numbers()).FirstOrDefault().Name;
        var measured = evaluated
            .SelectMany(point => point.Result.Numbers().Where(number => number.Name == measure && double.IsFinite(number.Value))
                .Select(number => new Coordinates(point.At, number.Value))).ToList();

        var losses = training.Concat(test).Select(point => point.Y).Where(double.IsFinite).ToList();
        var logarithmic = losses.Count > 0 && losses.Min() > 0 && losses.Max() / losses.Min() > WideRange;
        AddLine(plot, Scaled(training, logarithmic), "training loss", LossColor);
        AddLine(plot, Scaled(test, logarithmic), "test loss", TestColor);
        if (logarithmic) SetLogarithmicTicks(plot, losses.Min(), losses.Max());
        else if (losses.Count > 0) plot.Axes.SetLimitsY(Math.Min(0, losses.Min()), Math.Max(losses.Max() * 1.05, 1e-6));

        plot.XLabel(byEpoch ? "epoch" : "step");
        plot.YLabel(logarithmic ? "loss (logarithmic)" : "loss");
        SetHorizontalLimits(plot, [.. training.Concat(test).Select(point => point.X)]);
        if (measured.Count > 0) AddMeasure(plot, measure, measured);
        plot.ShowLegend(Edge.Bottom);
        plot.Legend.OutlineColor = Colors.Transparent;
        plot.Legend.ShadowColor = Colors.Transparent;
        return plot;
    }

    private static List<Coordinates> Scaled(List<Coordinates> points, bool logarithmic) =>
        points.ConvertAll(point => new Coordinates(point.X, logarithmic ? Math.Log10(point.Y) : point.Y));

    private static ScottPlot.Plottables.Scatter? AddLine(Plot plot, List<Coordinates> points, string name, Color color)
    {
        if (points.Count == 0) return null;
        var line = plot.Add.Scatter(points, color);
        line.LegendText = name;
        line.LineWidth = 2;
        line.MarkerSize = points.Count <= 30 ? 5 : 0;
        return line;
    }

    private static void AddMeasure(Plot plot, string name, List<Coordinates> points)
    {
        AddLine(plot, points, name, MeasureColor)!.Axes.YAxis = plot.Axes.Right;
        plot.Axes.Right.Label.Text = name;
        plot.Axes.Right.IsVisible = true;
        if (points.Exists(point => point.Y is < 0 or > 1))
        {
            var (smallest, largest) = (points.Min(point => point.Y), points.Max(point => point.Y));
            var margin = Math.Max((largest - smallest) * 0.05, 1e-6);
            (plot.Axes.Right.Min, plot.Axes.Right.Max) = (smallest - margin, largest + margin);
            return;
        }

        var lowest = Math.Floor(Math.Min(0.95, points.Min(point => point.Y)) * 20) / 20;
        plot.Axes.Right.Min = lowest;
        plot.Axes.Right.Max = 1 + ((1 - lowest) * 0.05);
    }

    private static void SetHorizontalLimits(Plot plot, List<double> places)
    {
        if (places.Count == 0) return;
        var margin = Math.Max((places.Max() - places.Min()) * 0.01, 0.5);
        plot.Axes.SetLimitsX(places.Min() - margin, places.Max() + margin);
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic { IntegerTicksOnly = true };
    }

    // The points are drawn at their decimal logarithms; the labels say what they stand for.
    private static void SetLogarithmicTicks(Plot plot, double lowest, double highest)
    {
        var ticks = new ScottPlot.TickGenerators.NumericManual();
        double[] factors = highest / lowest > 1e4 ? [1] : [1, 2, 5];
        for (var decade = (int)Math.Floor(Math.Log10(lowest)); decade <= Math.Ceiling(Math.Log10(highest)); decade++)
        {
            foreach (var factor in factors)
            {
                var value = factor * Math.Pow(10, decade);
                ticks.AddMajor(Math.Log10(value), decade < -4 ? Invariant($"{value:0e+0}") : Invariant($"{value:0.####}"));
            }
        }

        plot.Axes.Left.TickGenerator = ticks;
        var margin = (Math.Log10(highest) - Math.Log10(lowest)) * 0.05;
        plot.Axes.SetLimitsY(Math.Log10(lowest) - margin, Math.Log10(highest) + margin);
    }
}
