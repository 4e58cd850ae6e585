using Cluster.Train.Members;

namespace Cluster.Train.Tests.Members;

public sealed class EvaluationPulseTests
{
    [Fact]
    public void An_evaluation_that_is_still_there_at_the_second_look_is_told_of()
    {
        var told = new List<(long Step, int Batches)>();
        using var pulse = new EvaluationPulse((step, batches) => told.Add((step, batches)), interval: Timeout.InfiniteTimeSpan);

        pulse.Look();
        pulse.Begin(20);
        pulse.Look();
        Assert.Empty(told);
        pulse.Look();
        pulse.Advance();
        pulse.Advance();
        pulse.Look();
        pulse.End();
        pulse.Look();

        Assert.Equal([(20L, 0), (20L, 2)], told);
    }

    [Fact]
    public void Evaluations_that_are_done_at_once_are_never_told_of()
    {
        var told = 0;
        using var pulse = new EvaluationPulse((_, _) => told++, interval: Timeout.InfiniteTimeSpan);

        for (var step = 1; step < 10; step++)
        {
            pulse.Begin(step);
            pulse.Look();
            pulse.End();
        }

        Assert.Equal(0, told);
    }
}
