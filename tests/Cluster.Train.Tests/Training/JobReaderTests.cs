using Cluster.Train.Reduction;
using Cluster.Train.Tests.Hosting;
using Cluster.Train.Training;
using CsCheck;

namespace Cluster.Train.Tests.Training;

public sealed class JobReaderTests
{
    private static readonly Gen<float> Positive = Gen.Float[1e-30f, 1e30f];
    private static readonly Gen<float> Share = Gen.Float[0f, 1f];

    private static readonly Gen<OptimizerSettings> Sgd = Gen.Select(Positive, Share, Share, Share, Gen.Bool, Gen.Bool).Select(
        (rate, momentum, dampening, decay, nesterov, maximize) => new OptimizerSettings
        {
            Kind = OptimizerKind.Sgd,
            LearningRate = rate,
            Momentum = momentum,
            Dampening = dampening,
            WeightDecay = decay,
            Nesterov = nesterov,
            Maximize = maximize,
        });

    private static readonly Gen<OptimizerSettings> AdamW = Gen.Select(Positive, Share, Share, Positive, Share, Gen.Bool).Select(
        (rate, beta1, beta2, epsilon, decay, maximize) => new OptimizerSettings
        {
            Kind = OptimizerKind.AdamW,
            LearningRate = rate,
            Beta1 = beta1,
            Beta2 = beta2,
            Epsilon = epsilon,
            WeightDecay = decay,
            Maximize = maximize,
        });

    private static readonly Gen<OptimizerSettings> Others = Gen.Select(Gen.OneOfConst(
        OptimizerSettings.Adam(1) with { Beta1 = 0.5f, Maximize = true }, OptimizerSettings.RmsProp(1, 0.25f) with { Alpha = 0.75f, Centered = true },
        OptimizerSettings.Adagrad(1) with { LearningRateDecay = 0.5f, InitialAccumulator = 0.125f }, OptimizerSettings.Lion(1) with { Beta2 = 0.75f }, OptimizerSettings.Lamb(1) with { Epsilon = 0.5f }),
        Positive, Share).Select((rule, rate, decay) => rule with { LearningRate = rate, WeightDecay = decay });

    private static readonly Gen<ScheduleSettings> Schedules = Gen.OneOf(
        Gen.Const(ScheduleSettings.Constant),
        Gen.Select(Gen.Long[1, long.MaxValue], Positive).Select((size, gamma) => ScheduleSettings.Step(size, gamma)),
        Gen.Long[0, long.MaxValue].Select(warmup => ScheduleSettings.Cosine(warmup)),
        Gen.Select(
            Gen.OneOfConst(
                ScheduleSettings.Constant, ScheduleSettings.Linear(0.25f), ScheduleSettings.Polynomial(2), ScheduleSettings.Cosine(3) with { Floor = 0.5f },
                ScheduleSettings.OneCycle(start: 10), ScheduleSettings.Step(RunPart.Epochs(2), 0.5f), ScheduleSettings.Exponential(0.5f, RunPart.Epochs(1)),
                ScheduleSettings.MultiStep(0.1f, RunPart.Steps(3), RunPart.Epochs(2.5), RunPart.Share(0.9)), ScheduleSettings.Restarts(RunPart.Epochs(1), times: 2, floor: 0.1f)),
            Gen.OneOf(Gen.Long[0, long.MaxValue].Select(RunPart.Steps), Gen.Double[0, 1].Select(RunPart.Share), Gen.Double[0, 1e6].Select(RunPart.Epochs)))
            .Select((schedule, warmup) => schedule with { Warmup = warmup }),
        Gen.Const(ScheduleSettings.OfTask("saw-tooth")),
        Gen.Const(ScheduleSettings.Linear() with { Until = RunPart.Epochs(3) }));

    private static readonly Gen<RunLength> Lengths = Gen.OneOf(
        Gen.Int[1, int.MaxValue].Select(epochs => new RunLength(epochs, null)), Gen.Long[1, long.MaxValue].Select(steps => new RunLength(null, steps)));

    private static readonly Gen<JobDefinition> Jobs = Gen.Select(
        Gen.Select(Gen.Long, Gen.Int[1, 65_536], Gen.Int[1, int.MaxValue], Gen.Int[1, 256]),
        Gen.Select(Gen.OneOf(Sgd, AdamW, Others), Schedules, Positive.Nullable(), Lengths),
        Gen.Select(Gen.Bool, Gen.Bool, Gen.OneOfConst("mlp", "cnn"))).Select((numbers, settings, choices) => new JobDefinition
        {
            Task = "mnist",
            Settings = TaskSettings.From("mnist", FakeTask.Mnist.Options, new Dictionary<string, string> { ["model"] = choices.Item3 }),
            Seed = numbers.Item1,
            Shards = numbers.Item2,
            BatchSize = numbers.Item3,
            Threads = numbers.Item4,
            Optimizer = settings.Item1,
            Schedule = settings.Item2,
            ClipNorm = settings.Item3,
            NoDecay = choices.Item1 ? "bias,norm" : "",
            Ema = choices.Item2 ? 0.99f : null,
            Length = settings.Item4,
            SampleOrder = choices.Item1 ? SampleOrder.Sequential : choices.Item2 ? SampleOrder.Balanced : SampleOrder.Task,
            Portable = choices.Item1,
            Precision = choices.Item2 ? Precision.BFloat16 : Precision.Float32,
            Device = choices.Item2 ? DeviceKind.Cuda : DeviceKind.Cpu,
        });

    // CsCheck prints the seed of a failure.
    [Fact]
    public void Any_job_is_read_back_from_its_canonical_form_as_it_was() => Jobs.Sample(job =>
    {
        var read = JobReader.Read("x", FakeTask.Mnist, job.Canonical(), job.Length);
        Assert.Equal(job, read);
        Assert.Equal(job.Hash(), read.Hash());
        JobReader.Verify("x", read, job.Canonical());
    });

    [Theory]
    [InlineData("task", "xor", "x is of task 'xor', not 'mnist'")]
    [InlineData("task", null, "x: its job has no task")]
    [InlineData("seed", null, "x: its job has no seed")]
    [InlineData("seed", "1e3", "x: its job has seed '1e3', which this version cannot read")]
    [InlineData("shards", "-1", "x: its job has shards '-1'")]
    [InlineData("batch-size", "99999999999", "x: its job has batch-size '99999999999'")]
    [InlineData("optimizer", "adam lr=1", "x: its job has optimizer 'adam lr=1'")]
    [InlineData("optimizer", "sgd lr", "x: its job has optimizer 'sgd lr'")]
    [InlineData("optimizer", "lion lr=1 beta1=0.9 beta2=0.99 weight-decay=0", "x: its job has optimizer 'lion lr=1 beta1=0.9")]
    [InlineData("optimizer", "lion lr=1 beta1=0.9 beta2=0.99 weight-decay=0 maximize=False epsilon=1", "x: its job has optimizer 'lion lr=1 beta1=0.9")]
    [InlineData("schedule", "line", "x: its job has schedule 'line'")]
    [InlineData("schedule", "cosine:warmup=1,warmup=2", "x: its job has schedule 'cosine:warmup=1,warmup=2'")]
    [InlineData("schedule", "step:every=3", "x: its job has schedule 'step:every=3'")]
    [InlineData("schedule", "linear:floor=1", "x: its job has schedule 'linear:floor=1'")]
    [InlineData("portable", "True", "x: its job has portable 'True'")]
    [InlineData("precision", "float16", "x: its job has precision 'float16', which this version cannot read")]
    [InlineData("device", "tpu", "x: its job has device 'tpu'")]
    [InlineData("task.model", "rnn", "--model is 'rnn'")]
    [InlineData("task.depth", "3", "task 'mnist' has no option --depth")]
    public void A_field_that_means_nothing_is_named(string field, string? value, string expected)
    {
        var fields = Job.Canonical().Remove(field);
        if (value is not null) fields = fields.Add(field, value);

        var error = Assert.Throws<BadInputException>(() => JobReader.Read("x", FakeTask.Mnist, fields, Job.Length));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_option_that_the_task_did_not_have_then_was_at_its_default()
    {
        var fields = Job.Canonical().Remove("task.model");

        var read = JobReader.Read("x", FakeTask.Mnist, fields, Job.Length);

        JobReader.Verify("x", read, fields);
        Assert.Equal(Job, read);
        Assert.Equal(Job.Canonical(), Job.WithDefaults(fields));
        Assert.Null(JobReader.DifferenceOfRuns(fields, Job.Canonical()));
        var other = Job with { Settings = TaskSettings.From("mnist", FakeTask.Mnist.Options, new Dictionary<string, string> { ["model"] = "cnn" }) };
        Assert.Equal(("task.model", "mlp", "cnn"), JobReader.Difference(other.WithDefaults(fields), other.Canonical()));
    }

    [Fact]
    public void A_number_with_a_decimal_comma_is_not_read()
    {
        var fields = Job.Canonical();
        fields = fields.SetItem("optimizer", fields["optimizer"].Replace("0.1", "0,1", StringComparison.Ordinal));

        var error = Assert.Throws<BadInputException>(() => JobReader.Read("x", FakeTask.Mnist, fields, Job.Length));

        Assert.Contains("x: its job has optimizer 'sgd lr=0,1 ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("de-DE")]
    [InlineData("sv-SE")]
    [InlineData("fa-IR")]
    [InlineData("tr-TR")]
    public void Every_culture_writes_and_reads_the_same_job(string culture)
    {
        var expected = Job with { Seed = -5, Optimizer = OptimizerSettings.AdamW(0.1f), Schedule = ScheduleSettings.Step(10, 0.5f), ClipNorm = 0.25f };
        var fields = expected.Canonical();
        Assert.Equal("step:10:0.5", fields["schedule"]);

        Cultures.Under(culture, () =>
        {
            Assert.Equal(fields, expected.Canonical());
            Assert.Equal(expected, JobReader.Read("x", FakeTask.Mnist, fields, expected.Length));
            Assert.Equal(0.9, ShortestDecimal.Of(0.9f));
        });
    }

    private static JobDefinition Job { get; } = new()
    {
        Task = "mnist",
        Settings = TaskSettings.From("mnist", FakeTask.Mnist.Options, new Dictionary<string, string>()),
        Seed = 1,
        Shards = 2,
        BatchSize = 64,
        Optimizer = OptimizerSettings.Sgd(0.1f, momentum: 0.9f),
        Length = new RunLength(3, null),
    };
}
