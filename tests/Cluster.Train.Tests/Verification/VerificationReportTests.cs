using System.Collections.Immutable;
using Cluster.Train.Reduction;
using Cluster.Train.Training;
using Cluster.Train.Verification;

namespace Cluster.Train.Tests.Verification;

public sealed class VerificationReportTests
{
    private static readonly string Hash = new('a', 64);

    private static readonly VariantResult Reference = new("1 worker, memory, coordinator") { Kind = VariantKind.Reference, ParametersSha256 = Hash };

    private static readonly VariantDifference Parting = new(7, "parameter 'hidden.weight'", "[3,1]", "0.5", "0.25");

    [Fact]
    public void A_table_shows_each_variant_and_below_it_what_is_wrong_in_80_columns()
    {
        var report = Report(
            Reference,
            new VariantResult("2 workers, memory, sharded") { Kind = VariantKind.Crew, ParametersSha256 = Hash },
            new VariantResult("3 workers, TCP, sharded") { Kind = VariantKind.Crew, ParametersSha256 = new string('b', 64), Difference = Parting },
            new VariantResult("worker killed, coordinator replaced") { Kind = VariantKind.Struck, Failure = "step 3, shard 1: " + string.Join(' ', Enumerable.Repeat("word", 60)) });

        Assert.False(report.AllAgree);
        var text = report.ToString();
        Assert.All(text.Split('\n'), line => Assert.InRange(line.Length, 0, 80));
        Assert.StartsWith("xor: 17 parameters, 4 shards, batch 128, sgd, 50 steps each\n", text, StringComparison.Ordinal);
        Assert.Contains("\n1 worker, memory, coordinator                   aaaaaaaaaaaaaaaa  reference\n", text, StringComparison.Ordinal);
        Assert.Contains("\n2 workers, memory, sharded                      aaaaaaaaaaaaaaaa  same\n", text, StringComparison.Ordinal);
        Assert.Contains("\n3 workers, TCP, sharded                         bbbbbbbbbbbbbbbb  NOT THE SAME\n", text, StringComparison.Ordinal);
        Assert.Contains("\nworker killed, coordinator replaced             -                 failed\n", text, StringComparison.Ordinal);
        Assert.Contains("\n3 workers, TCP, sharded: parts at step 7: parameter 'hidden.weight', element\n  [3,1], is 0.5 in the reference, 0.25 here\n", text, StringComparison.Ordinal);
        Assert.EndsWith("\n2 of 4 do not agree with the reference\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_all_agree_the_whole_hash_is_told()
    {
        var report = Report(Reference) with { LeftOut = ["something, because of a reason"] };

        Assert.True(report.AllAgree);
        Assert.EndsWith($"\nleft out: something, because of a reason\nall 1 agree, SHA-256 of the parameters:\n{Hash}\n", report.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(119, 1742, true)]
    [InlineData(500, 500, false)]
    [InlineData(0, 1742, false)]
    public void An_evaluation_of_some_samples_says_so(int evaluated, int given, bool says)
    {
        var text = (Report(Reference) with { EvaluationSamples = evaluated, EvaluationSamplesGiven = given }).ToString();

        Assert.Equal(says, text.Contains("50 steps each\neach evaluates the same 119 of 1,742 test samples, spread evenly (--full: all)\n", StringComparison.Ordinal));
        Assert.Equal(says, text.Contains("--full", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("a field of the task, a teacher", VariantKind.Crew)]
    [InlineData("no snapshot and no checkpoint", VariantKind.Resumed)]
    [InlineData("HashCode", VariantKind.OtherProcess)]
    [InlineData("random numbers of one's own without a fixed seed", VariantKind.Again, VariantKind.OtherProcess, VariantKind.Crew)]
    internal void The_usual_cause_follows_from_which_variants_part(string cause, params VariantKind[] apart)
    {
        var results = LikelyCause.Explain([Reference, .. apart.Select(kind => new VariantResult($"{kind}") { Kind = kind, Difference = Parting })]);

        Assert.All(results.Skip(1), result => Assert.Contains(cause, result.Difference!.Cause, StringComparison.Ordinal));
    }

    [Fact]
    public void Other_initial_values_and_other_evaluations_have_causes_of_their_own()
    {
        var results = LikelyCause.Explain(
        [
            Reference,
            new VariantResult("a") { Kind = VariantKind.Crew, Difference = Parting with { Step = 0 } },
            new VariantResult("b") { Kind = VariantKind.Crew, Difference = new VariantDifference(5, "the test loss", "", "1", "2") },
        ]);

        Assert.StartsWith("CreateModel gives other initial values", results[1].Difference!.Cause, StringComparison.Ordinal);
        Assert.StartsWith("Predict, Loss or Count changes the batch", results[2].Difference!.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_value_that_differs_is_told_with_its_place()
    {
        var matrix = new TensorEntry("m", [2, 3], TensorRole.Trainable, 0);
        var counter = new TensorEntry("n", [], TensorRole.IntegerBuffer, 0);

        Assert.Equal(("[1,2]", "5", "5.0000005"), StateComparison.FirstDifference(matrix, [0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 4, 5.0000005f]));
        Assert.Equal(("[]", "65537", "65538"), StateComparison.FirstDifference(counter, [1, 1, 0, 0], [2, 1, 0, 0]));
        Assert.Equal(("[0,0]", "0", "-0"), StateComparison.FirstDifference(matrix, [0, 1, 2, 3, 4, 5], [-0f, 1, 2, 3, 4, 5]));
        var (_, expected, found) = StateComparison.FirstDifference(matrix, [Nan(1), 1, 2, 3, 4, 5], [Nan(2), 1, 2, 3, 4, 5])!.Value;
        Assert.Equal(("NaN (bits 7fc00001)", "NaN (bits 7fc00002)"), (expected, found));
        Assert.Null(StateComparison.FirstDifference(matrix, [0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 4, 5]));
    }

    private static float Nan(int bits) => BitConverter.Int32BitsToSingle(0x7fc00000 | bits);

    private static VerificationReport Report(params ImmutableArray<VariantResult> variants) => new()
    {
        Task = "xor",
        Definition = new JobDefinition
        {
            Task = "xor",
            Seed = 0,
            Shards = 4,
            BatchSize = 128,
            Optimizer = OptimizerSettings.Sgd(0.1f),
            Length = new RunLength(null, 50),
        },
        Steps = 50,
        ParameterCount = 17,
        Variants = variants,
    };
}
