using Cluster.Train.Machine;

namespace Cluster.Train.Tests.Machine;

public sealed class ThreadBudgetTests
{
    [Fact]
    public void A_run_that_cannot_have_its_threads_is_refused_with_the_name_of_the_limit()
    {
        var limit = new ResourceLimit(250, "300 threads and processes of this user (RLIMIT_NPROC, see 'ulimit -u'), 50 of which are there");

        var refused = Assert.Throws<BadInputException>(() => ThreadBudget.Check(workers: 256, threads: 1, present: 10, limit));

        Assert.Equal(
            "--workers is 256, which takes about 1,050 threads (4 for each worker, 26 besides), but this process can have only 250 more: "
            + "the limit is 300 threads and processes of this user (RLIMIT_NPROC, see 'ulimit -u'), 50 of which are there; give --workers 58 or fewer, or raise the limit",
            refused.Message);
        ThreadBudget.Check(workers: 58, threads: 1, present: 10, limit);
        Assert.Throws<BadInputException>(() => ThreadBudget.Check(workers: 59, threads: 1, present: 10, limit));
    }

    [Fact]
    public void Threads_of_libtorch_count_as_well()
    {
        ThreadBudget.Check(workers: 10, threads: 1, present: 0, new ResourceLimit(100, "a limit"));
        Assert.Throws<BadInputException>(() => ThreadBudget.Check(workers: 10, threads: 8, present: 0, new ResourceLimit(100, "a limit")));
    }

    [Fact]
    public void A_node_that_cannot_have_its_threads_is_refused_as_well()
    {
        ThreadBudget.CheckNode(present: 10, new ResourceLimit(26, "a limit"));

        var refused = Assert.Throws<BadInputException>(() => ThreadBudget.CheckNode(present: 10, new ResourceLimit(25, "a limit of 35")));
        Assert.Equal("a node takes about 36 threads, but this process can have only 25 more: the limit is a limit of 35; raise the limit", refused.Message);
    }

    [Fact]
    public void Without_a_limit_nothing_is_refused() => ThreadBudget.Check(workers: 256, threads: 256, present: 0, limit: null);

    [Theory]
    [InlineData("Max processes             300                  96365                processes ", 300L)]
    [InlineData("Max processes             unlimited            unlimited            processes ", null)]
    [InlineData("Max open files            1024                 1024                 files     ", null)]
    public void The_soft_limit_is_the_one_that_counts(string line, long? expected) =>
        Assert.Equal(expected, ProcessLimits.SoftLimit(["Limit                     Soft Limit           Hard Limit           Units", line], "Max processes"));
}
