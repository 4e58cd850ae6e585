using Cluster.Train.Coordination;
using Cluster.Train.Membership;

namespace Cluster.Train.Tests.Coordination;

public sealed class JoinCheckTests
{
    private const string Build = "My.Task 1.0.0.0 3fa9; Cluster.Train 0.1.0+8fdc769 77aa; My.Models 2.0.0.0 1111";

    private static readonly ReplicaDescription Reference = new(
        "job", Build, "layout", "initial", "data", 2500, 500, 17, 17, 17, "cpu", "1-2-3-4-5", "one processor", Endpoint: null);

    private static readonly Dictionary<string, ReplicaDescription> Differing = new(StringComparer.Ordinal)
    {
        ["job definition"] = Reference with { JobHash = "other" },
        ["build"] = Reference with { Build = "other" },
        ["training data"] = Reference with { TrainingSamples = 2501 },
        ["evaluation data"] = Reference with { EvaluationSamples = 1 },
        ["data fingerprint"] = Reference with { DataFingerprint = "other" },
        ["numerics"] = Reference with { Numerics = "1-0-3-4-5" },
    };

    public static TheoryData<string> DifferingFields => [.. Differing.Keys];

    [Theory]
    [MemberData(nameof(DifferingFields))]
    public void A_replica_that_differs_is_refused_with_the_field(string field) =>
        Assert.StartsWith(field, JoinCheck.Refusal("job", Build, Reference, Differing[field]), StringComparison.Ordinal);

    [Fact]
    public void Other_numerics_are_refused_with_both_processors_what_differs_and_the_advice() => Assert.Equal(
        "numerics differ in matrix products, sums and normalizations: the job is computed on one processor, this worker has another, "
            + "and its bits would be others; start the job with --portable, or use machines of one kind",
        JoinCheck.Refusal("job", Build, Reference, Reference with { Numerics = "0-2-3-0-5", Processor = "another" }));

    [Fact]
    public void Of_GPUs_one_model_is_asked_for() => Assert.EndsWith(
        "this worker has another, and its bits would be others; use GPUs of one model",
        JoinCheck.Refusal(
            "job", Build, Reference with { Device = "cuda:0" }, Reference with { Device = "cuda:0", Numerics = "0-2-3-0-5", Processor = "another" }),
        StringComparison.Ordinal);

    [Fact]
    public void A_replica_that_agrees_may_join_wherever_it_runs() =>
        Assert.Null(JoinCheck.Refusal("job", Build, Reference, Reference with { Endpoint = "host:1", Device = "cpu of another host" }));

    [Fact]
    public void The_first_replica_is_compared_with_the_job_and_the_coordinators_own_build()
    {
        Assert.Null(JoinCheck.Refusal("job", Build, reference: null, Reference));
        Assert.Contains("job definition", JoinCheck.Refusal("another", Build, reference: null, Reference), StringComparison.Ordinal);
        Assert.StartsWith("build differs: ", JoinCheck.Refusal("job", Build, reference: null, Reference with { Build = "My.Task 1.0.0.0 4444" }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("My.Task 1.0.0.0 3fa9; Cluster.Train 0.1.0+8fdc769 77aa; My.Models 2.0.0.0 2222", "My.Models 2.0.0.0 was compiled apart, from other source or in another folder (module 1111 in the job, 2222 in this worker)")]
    [InlineData("My.Task 1.0.0.0 3fa9; Cluster.Train 0.1.0+0000000 77aa; My.Models 2.0.0.0 1111", "Cluster.Train is 0.1.0+8fdc769 in the job, 0.1.0+0000000 in this worker")]
    [InlineData("My.Task 1.0.0.0 3fa9; Cluster.Train 0.1.0+8fdc769 77aa", "My.Models belongs to the job's program, and not to this worker's")]
    [InlineData("My.Task 1.0.0.0 3fa9; Cluster.Train 0.1.0+8fdc769 77aa; My.Models 2.0.0.0 1111; More 1.0 5", "More belongs to the worker's program, and not to the job's")]
    public void Of_two_builds_the_assembly_that_differs_is_named_with_what_to_do(string other, string difference) =>
        Assert.Equal($"build differs: {difference}; build once, and copy the folder to every machine", JoinCheck.Refusal("job", Build, Reference, Reference with { Build = other }));

    [Fact]
    public void What_differs_is_shown_and_never_the_same_shortened_text_twice()
    {
        var hash = new string('4', 64);
        var (training, evaluation, other) = ($"csv {hash}", $"csv {new string('5', 64)}", $"csv 5555555555555555555{new string('6', 45)}");

        var refusal = JoinCheck.Refusal("job", Build, Reference with { DataFingerprint = $"{training} {evaluation}" }, Reference with { DataFingerprint = $"{training} {other}" });

        Assert.Equal("data fingerprint differs: the job has …5555555555555555…, this worker has …5555555566666666…; give every worker the same files", refusal);
        Assert.Equal(("abc", "none"), Contrast.Of("abc", ""));
        Assert.Equal(("…bbbbbbbbbbbbbbbb…", "…cccccccccccccccc…"), Contrast.Of($"one two {new string('b', 30)}", $"one two {new string('c', 30)}"));
    }
}
