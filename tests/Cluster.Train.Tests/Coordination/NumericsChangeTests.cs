using Cluster.Train.Coordination;
using Cluster.Train.Membership;
using Cluster.Train.Training.Numerics;

namespace Cluster.Train.Tests.Coordination;

public sealed class NumericsChangeTests
{
    private static readonly ReplicaDescription Replica = new(
        "job", "build", "layout", "initial", "data", 2500, 500, 17, 17, 17, "cpu", "1-2-3-4-5", "this processor", Endpoint: null);

    [Theory]
    [InlineData("1-2-3-4-5")]
    [InlineData(null)]
    public void The_same_class_and_one_that_is_not_known_are_no_change(string? numerics)
    {
        Assert.Null(NumericsChange.Between("the journal", numerics, "that processor", Replica, portable: false));
        Assert.Null(NumericsChange.Between("the journal", numerics, "that processor", Replica, portable: true));
    }

    [Fact]
    public void Another_class_is_told_with_both_processors() => Assert.Equal(
        "checkpoint step-7 was computed on that processor, this is this processor, and they differ in convolutions: "
            + "from here on the bits are others than they would have been there; a job that is --portable from its start has the same on both",
        NumericsChange.Between("checkpoint step-7", "1-0-3-4-5", "that processor", Replica, portable: false));

    [Fact]
    public void Of_a_GPU_nothing_is_promised_that_it_cannot_have() => Assert.EndsWith(
        "from here on the bits are others than they would have been there",
        NumericsChange.Between("checkpoint step-7", "1-0-3-4-5", "that GPU", Replica with { Device = "cuda:0" }, portable: false), StringComparison.Ordinal);

    [Fact]
    public void Another_class_of_a_portable_job_is_refused() => Assert.Contains(
        "with --portable the bits must stay the same",
        Assert.Throws<BadInputException>(() => NumericsChange.Between("the journal", "1-0-3-4-5", null, Replica, portable: true)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_class_of_another_form_differs_in_all() => Assert.Contains(
        "differ in all that was tried", NumericsChange.Between("the journal", "avx512", null, Replica, portable: false), StringComparison.Ordinal);

    [Fact]
    public void A_portable_job_of_a_build_that_did_not_try_large_convolutions_goes_on_without_a_word()
    {
        const string before = "2237f557-8198c4e1-15af45bc-a6d349ee-9127817a";

        Assert.Null(NumericsChange.Between("the journal", before, "that processor", Replica with { Numerics = NumericsFingerprint.Portable }, portable: true));
        Assert.NotNull(NumericsChange.Between("the journal", before, "that processor", Replica, portable: false));
        Assert.NotNull(NumericsChange.Between("the journal", NumericsFingerprint.Portable, "that processor", Replica with { Numerics = before }, portable: false));
    }
}
