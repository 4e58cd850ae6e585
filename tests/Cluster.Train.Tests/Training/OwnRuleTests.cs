using Cluster.Train.Membership;
using Cluster.Train.Reduction;
using Cluster.Train.Tests.Hosting;
using Cluster.Train.Training;
using Cluster.Train.Verification;

namespace Cluster.Train.Tests.Training;

/// <summary>Update rules that tasks bring: bits, identity, and what is refused.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class OwnRuleTests
{
    private static LocalRun Job => Of(new OwnLion(0.9f), new OwnLion(0.9f));

    [Theory]
    [InlineData(1, Topology.Sharded)]
    [InlineData(2, Topology.Sharded)]
    [InlineData(3, Topology.Sharded)]
    [InlineData(2, Topology.Coordinator)]
    public async Task Lion_written_anew_has_the_bits_of_the_one_that_is_built_in(int workers, Topology topology)
    {
        var builtIn = OptimizerSettings.Lion(0.001f, weightDecay: 0.125f);
        var expected = await (Job with { Optimizer = builtIn }).HashAsync();

        Assert.Equal(expected, await (Job with { Workers = workers, Topology = topology }).HashAsync());
    }

    [Fact]
    public async Task Its_state_stands_in_checkpoints()
    {
        using var folder = new TemporaryFolder();
        var expected = await Job.HashAsync();
        var first = Job with { Checkpoints = folder.Path, Length = new RunLength(Epochs: 1, Steps: null), Workers = 2 };
        await first.RunAsync();

        Assert.Equal(expected, await (first with { Resume = true, Length = Job.Length }).HashAsync());
    }

    [Fact]
    public async Task All_ways_of_exchange_and_of_recovery_agree()
    {
        var report = await JobVerification.RunAsync(Job.Task, new VerificationOptions { Definition = (Job with { Length = new RunLength(null, 12), ClipNorm = 0.5f }).Definition });

        Assert.True(report.AllAgree, $"{report}");
    }

    [Fact]
    public async Task A_process_that_lacks_it_says_so_before_a_step()
    {
        var none = await Assert.ThrowsAsync<BadInputException>(() => Of(new OwnLion(0.9f)).RunAsync());
        var another = await Assert.ThrowsAsync<BadInputException>(() => Of(new OwnLion(0.9f), new OwnLion(0.8f)).RunAsync());

        Assert.Contains("task 'small' has no update rule own-lion(beta1=0.9) that keeps average, as the job says; UpdateRules lists none: use the program that the job was made with, or list it there", none.Message, StringComparison.Ordinal);
        Assert.Contains("UpdateRules lists own-lion(beta1=0.8): ", another.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void It_is_read_back_and_its_numbers_are_part_of_the_job()
    {
        var job = Job.Definition;
        Assert.Equal("own rule=own-lion(beta1=0.9) states=average lr=0.001 weight-decay=0.125 maximize=False", job.Canonical()["optimizer"]);
        Assert.Equal(job, JobReader.Read("x", Job.Task, job.Canonical(), job.Length));
        Assert.NotEqual(job.Hash(), Of(new OwnLion(0.8f)).Definition.Hash());
    }

    [Theory]
    [InlineData("Own Lion", "", "a", "update rule 'Own Lion': its name must be lower-case letters, digits and hyphens")]
    [InlineData("lion", "a = 1", "a", "update rule 'lion': its numbers must be a text without blanks")]
    [InlineData("lion", "", "a,a", "update rule 'lion': the names of what it keeps must differ")]
    [InlineData("lion", "", "ema", "update rule 'lion': the names of what it keeps must differ")]
    [InlineData("lion", "", "a,b,c,d,e,f,g,h,i", "update rule 'lion': it can keep 8 numbers for each element")]
    public void A_name_that_cannot_be_used_is_refused(string name, string numbers, string states, string expected)
    {
        var error = Assert.Throws<ArgumentException>(() => OptimizerSettings.Own(new Named(name, numbers, states.Split(',')), 0.1f));

        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
    }

    private static LocalRun Of(UpdateRule wanted, params UpdateRule[] had) =>
        new() { Task = new SmallTask { UpdateRules = had }, Optimizer = OptimizerSettings.Own(wanted, 0.001f, weightDecay: 0.125f) };

    private sealed class OwnLion(float beta1) : UpdateRule
    {
        public override string Name => "own-lion";

        public override string Numbers => FormattableString.Invariant($"beta1={beta1}");

        public override IReadOnlyList<string> States { get; } = ["average"];

        public override float Update(UpdateStep step, float parameter, float gradient, Span<float> state)
        {
            var difference = gradient - state[0];
            var direction = MathF.FusedMultiplyAdd(difference, (float)(1 - (double)(decimal)beta1), state[0]);
            state[0] = MathF.FusedMultiplyAdd(difference, (float)(1 - 0.99), state[0]);
            var decay = (float)(1 - ((double)(decimal)step.LearningRate * step.WeightDecay));
            return MathF.FusedMultiplyAdd(Math.Sign(direction), -step.LearningRate, parameter * decay);
        }
    }

    private sealed class Named(string name, string numbers, string[] states) : UpdateRule
    {
        public override string Name => name;

        public override string Numbers => numbers;

        public override IReadOnlyList<string> States => states;

        public override float Update(UpdateStep step, float parameter, float gradient, Span<float> state) => parameter;
    }
}
