using Cluster.Train.Membership;

namespace Cluster.Train.Tests.Membership;

public sealed class JoinCheckTests
{
    private static readonly ReplicaDescription Reference = new(
        "job", "build", "layout", "data", 2500, 500, 17, 17, 17, "cpu", "avx2", Endpoint: null);

    public static TheoryData<string, ReplicaDescription> Differences => new()
    {
        { "job definition", Reference with { JobHash = "other" } },
        { "build", Reference with { Build = "other" } },
        { "training data", Reference with { TrainingSamples = 2501 } },
        { "evaluation data", Reference with { EvaluationSamples = 1 } },
        { "data fingerprint", Reference with { DataFingerprint = "other" } },
        { "parameter layout", Reference with { LayoutHash = "other" } },
        { "vector length", Reference with { VectorLength = 18 } },
        { "instruction set", Reference with { InstructionSet = "avx512" } },
    };

    [Theory]
    [MemberData(nameof(Differences))]
    public void A_replica_that_differs_is_refused_with_the_field(string field, ReplicaDescription candidate) =>
        Assert.StartsWith(field, JoinCheck.Refusal("job", Reference, candidate), StringComparison.Ordinal);

    [Fact]
    public void A_replica_that_agrees_may_join_wherever_it_runs() =>
        Assert.Null(JoinCheck.Refusal("job", Reference, Reference with { Endpoint = "host:1", Device = "cpu of another host" }));

    [Fact]
    public void The_first_replica_is_compared_with_the_job_alone()
    {
        Assert.Null(JoinCheck.Refusal("job", reference: null, Reference));
        Assert.Contains("job definition", JoinCheck.Refusal("another", reference: null, Reference), StringComparison.Ordinal);
    }
}
