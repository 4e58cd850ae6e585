using Cluster.Train.Hosting.Dashboard;

namespace Cluster.Train.Tests.Hosting.Dashboard;

/// <summary>A curve in bounded memory.</summary>
public sealed class CurveTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(999)]
    [InlineData(1000)]
    [InlineData(1001)]
    [InlineData(10_000)]
    [InlineData(123_457)]
    public void However_many_points_there_are_a_thousand_are_kept_evenly_and_the_newest(int points)
    {
        var curve = new Curve("loss", "loss", Better.Lower);
        for (var x = 1; x <= points; x++) curve.Add(x, 1.0 / x);

        Assert.InRange(curve.Kept.Count, Math.Min(points, Curve.Most / 2), Curve.Most);
        Assert.Equal(new CurvePoint(1, 1), curve.Kept[0]);
        var gaps = curve.Kept.Zip(curve.Kept.Skip(1), (one, next) => next.X - one.X).Distinct().ToArray();
        Assert.True(gaps.Length <= 1, string.Join(", ", gaps));
        Assert.Equal(new CurvePoint(points, 1.0 / points), curve.Last);
        Assert.Equal(points, curve.Count);
    }

    [Theory]
    [InlineData(Better.Lower, -5.0)]
    [InlineData(Better.Higher, 5.0)]
    internal void The_best_point_is_never_lost_wherever_it_lies(Better better, double value)
    {
        for (var best = 4_990; best < 5_010; best++)
        {
            var curve = new Curve("metric", "f1", better);
            for (var x = 1; x <= 10_000; x++) curve.Add(x, x == best ? value : 1);

            Assert.Equal(new CurvePoint(best, value), curve.Best);
        }
    }

    [Fact]
    public void What_is_no_number_is_never_the_best()
    {
        var curve = new Curve("metric", "f1", Better.Higher);
        curve.Add(1, double.NaN);
        Assert.Null(curve.Best);
        curve.Add(2, 0.5);
        curve.Add(3, double.PositiveInfinity);

        Assert.Equal(new CurvePoint(2, 0.5), curve.Best);
        Assert.Equal(3, curve.Kept.Count);
    }

    [Fact]
    public void Points_that_are_told_again_change_nothing()
    {
        var curve = new Curve("loss", "loss", Better.Lower);
        foreach (var x in new[] { 10, 20, 30, 20, 30, 40 }) curve.Add(x, 100 - x);

        Assert.Equal([10.0, 20, 30, 40], curve.Kept.Select(point => point.X));
    }

    [Fact]
    public void A_curve_that_was_thinned_says_so()
    {
        var curve = new Curve("loss", "loss", better: null);
        for (var x = 0; x < Curve.Most; x++) curve.Add(x, 0);
        Assert.Equal(0, curve.Revision);

        curve.Add(Curve.Most, 0);

        Assert.Equal(1, curve.Revision);
        Assert.Null(curve.Best);
    }
}
