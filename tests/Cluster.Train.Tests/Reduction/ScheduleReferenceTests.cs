using System.Text.Json;
using Cluster.Train.Reduction;

namespace Cluster.Train.Tests.Reduction;

/// <summary>Learning rates against PyTorch's schedulers; Reference/schedules.py says how the numbers were made.</summary>
public sealed class ScheduleReferenceTests
{
    private static readonly Dictionary<string, double[]> s_rates = JsonSerializer.Deserialize<Dictionary<string, double[]>>(
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Reduction", "Reference", "schedules.json")))
            .RootElement.GetProperty("rates"))!;

    private static readonly RunSteps s_run = new(Total: 60, PerEpoch: 20);

    public static TheoryData<string> Schedules => [.. s_rates.Keys];

    [Theory]
    [MemberData(nameof(Schedules))]
    public void Every_rate_is_torchs(string text)
    {
        var settings = ScheduleText.Read(text);
        Assert.Equal(text, settings.Canonical());
        var rate = LearningRateSchedule.Create(settings, 0.1f, s_run, []);

        for (var step = 0; step < s_run.Total; step++)
        {
            var expected = s_rates[text][step];
            Assert.True(Math.Abs(expected - rate(step)) <= 1e-5 * expected + 1e-12, $"{text}, step {step}: {rate(step):R}, torch has {expected:R}");
        }
    }

    [Fact]
    public void Every_shape_has_a_reference() => Assert.Equal(
        // What evaluations reduce has its numbers in PlateauReferenceTests.
        Enum.GetValues<ScheduleKind>().Where(kind => kind is not (ScheduleKind.OfTask or ScheduleKind.Plateau)).Order(),
        s_rates.Keys.Select(text => ScheduleText.Read(text).Kind).Distinct().Order());

    [Theory]
    [InlineData("cosine:5", "cosine:warmup=5")]
    [InlineData("step:7:0.5", "step:factor=0.5,every=7")]
    [InlineData("constant", "constant:warmup=0")]
    [InlineData("linear", "linear:floor=0")]
    public void What_is_the_same_has_one_text(string text, string longer)
    {
        Assert.Equal(text, ScheduleText.Read(longer).Canonical());
        Assert.Equal(ScheduleText.Read(text), ScheduleText.Read(longer));
    }

    [Fact]
    public void The_api_and_the_texts_say_the_same()
    {
        Assert.Equal("linear:warmup=10%,floor=0.2", (ScheduleSettings.Linear(floor: 0.2f) with { Warmup = RunPart.Share(0.1) }).Canonical());
        Assert.Equal("multistep:at=10/1.5epochs/90%,factor=0.1", ScheduleSettings.MultiStep(0.1f, RunPart.Steps(10), RunPart.Epochs(1.5), RunPart.Share(0.9)).Canonical());
        Assert.Equal("restarts:every=8,times=2,floor=0.1", ScheduleSettings.Restarts(RunPart.Steps(8), times: 2, floor: 0.1f).Canonical());
        Assert.Equal("plateau", ScheduleSettings.Plateau().Canonical());
        Assert.Equal(
            "plateau:factor=0.5,patience=2,gain=0.001,floor=0.01,warmup=3",
            (ScheduleSettings.Plateau(0.5f, 2) with { LeastGain = 1e-3, Floor = 0.01f, Warmup = RunPart.Steps(3) }).Canonical());
        Assert.Equal("onecycle:warmup=12,start=10,end=100", (ScheduleSettings.OneCycle(start: 10, end: 100) with { Warmup = RunPart.Steps(12) }).Canonical());
    }

    [Theory]
    [InlineData("cosine:60", "it ends at step 60, before its warm-up of 60 steps is over")]
    [InlineData("linear:warmup=5epochs", "before its warm-up of 100 steps is over")]
    [InlineData("polynomial:power=2,warmup=20,until=1epochs", "it ends at step 20")]
    [InlineData("onecycle:warmup=100%", "it ends at step 60")]
    [InlineData("step:every=0,factor=0.5", "give at least 1")]
    [InlineData("restarts:every=0.01epochs", "give at least 1")]
    [InlineData("multistep:at=2epochs/30,factor=0.5", "the rate changes at steps 40, 30; give them in ascending order")]
    [InlineData("plateau:factor=1", "give at most 0.99")]
    [InlineData("task:tooth", "the task has no such schedule (it has: saw)")]
    public void What_cannot_be_is_refused(string text, string expected)
    {
        var error = Assert.Throws<BadInputException>(
            () => LearningRateSchedule.Create(ScheduleText.Read(text), 0.1f, s_run, [new TaskSchedule("saw", (_, _) => 1)]));

        Assert.Contains($"--schedule {ScheduleText.Read(text)}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_task_s_own_schedule_is_asked_at_every_step()
    {
        var saw = new TaskSchedule("saw", (step, run) => 1 - (step % run.PerEpoch / (double)run.PerEpoch));

        var rate = LearningRateSchedule.Create(ScheduleSettings.OfTask("saw"), 0.1f, s_run, [saw]);

        Assert.Equal([0.1f, 0.05f, 0.1f], [rate(0), rate(10), rate(20)]);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    public void A_factor_that_is_none_ends_the_job(double factor)
    {
        var rate = LearningRateSchedule.Create(ScheduleSettings.OfTask("odd"), 0.1f, s_run, [new TaskSchedule("odd", (_, _) => factor)]);

        Assert.Contains("schedule 'odd'", Assert.Throws<TrainingFaultException>(() => rate(3)).Message, StringComparison.Ordinal);
    }
}
