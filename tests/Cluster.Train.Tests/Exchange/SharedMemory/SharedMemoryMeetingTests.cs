using System.Text;
using Cluster.Train.Exchange;
using Cluster.Train.Exchange.SharedMemory;
using Cluster.Train.Membership;

namespace Cluster.Train.Tests.Exchange.SharedMemory;

public sealed class SharedMemoryMeetingTests : IDisposable
{
    private readonly SharedDirectory _directory = new();
    private readonly SharedDirectory _otherHost = new();

    [Fact]
    public void Members_that_do_not_see_each_others_segments_all_hear_the_same_reason()
    {
        var refusals = Meet(3, rank => rank == 2 ? _otherHost.Location : _directory.Location);

        Assert.All(refusals, refusal => Assert.Equal(refusals[0], refusal));
        Assert.StartsWith("worker-0: Could not find file", refusals[0]!.Reason, StringComparison.Ordinal);
        Assert.Empty(_directory.Files);
        Assert.Empty(_otherHost.Files);
    }

    [Fact]
    public void No_segment_is_made_for_members_of_different_hosts()
    {
        var roster = ExchangeRun.Roster(2, 2, 100, Topology.Sharded, clip: null);

        var exchange = SharedMemoryMeeting.TryJoin(
            roster, 0, owner: null, ExchangeRun.StepTimeout, mine => [mine, [.. "another kernel"u8]], "/dev/shm/not/there", out var refusal);

        Assert.Null(exchange);
        Assert.Equal(new SharingRefusal("worker-1 is on another host than worker-0", LacksSpace: false), refusal);
    }

    [Fact]
    public void A_member_that_cannot_make_a_segment_is_named_to_all()
    {
        var refusals = Meet(2, rank => rank == 1 ? "/dev/shm/not/there" : _directory.Location);

        Assert.All(refusals, refusal => Assert.Equal(new SharingRefusal("worker-1: there is no /dev/shm/not/there", LacksSpace: false), refusal));
        Assert.Empty(_directory.Files);
    }

    [Fact]
    public void A_directory_that_is_too_small_is_a_reason_and_not_a_bus_error()
    {
        var refusals = Meet(2, _ => _directory.Location, length: 1L << 42);

        Assert.All(refusals, refusal => Assert.Matches("^worker-0: .* has [0-9]+ MiB free, and [0-9]+ MiB are needed$", refusal!.Reason));
        Assert.All(refusals, refusal => Assert.True(refusal!.LacksSpace));
        Assert.Empty(_directory.Files);
    }

    [Fact]
    public void A_segment_of_the_same_name_with_another_number_in_it_is_another_hosts()
    {
        using var segment = SharedSegment.Create(_directory.Location, 8192);
        var nonce = segment.Nonce.ToArray();
        SharedSegment.Open(_directory.Location, segment.Name, nonce, 8192).Dispose();
        nonce[31] ^= 1;

        Assert.Throws<IOException>(() => SharedSegment.Open(_directory.Location, segment.Name, nonce, 8192));
    }

    [Theory]
    [InlineData("../cluster-train-x")]
    [InlineData("cluster-train-../../etc/passwd")]
    [InlineData("passwd")]
    public void A_name_that_leads_elsewhere_is_refused(string name)
    {
        var error = Assert.Throws<IOException>(() => SharedSegment.Open(_directory.Location, name, new byte[32], 8192));
        Assert.Contains("no segment's name", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_all_gather_that_fails_leaves_nothing_behind()
    {
        var roster = ExchangeRun.Roster(2, 2, 100, Topology.Sharded, clip: null);

        var notes = 0;

        Assert.Throws<ExchangeAbortedException>(() => SharedMemoryMeeting.TryJoin(
            roster, 0, owner: null, ExchangeRun.StepTimeout,
            mine => notes++ == 0 ? [mine, mine] : throw new ExchangeAbortedException("worker-1 is gone"), _directory.Location, out _));

        Assert.Equal(2, notes);
        Assert.Empty(_directory.Files);
    }

    [Fact]
    public void A_start_removes_what_dead_processes_left_and_nothing_else()
    {
        var yesterday = DateTime.UtcNow.AddDays(-1);
        using var inUse = SharedSegment.Create(_directory.Location, 8192);
        var left = Write("cluster-train-4-left", yesterday);
        var young = Write("cluster-train-4-young", DateTime.UtcNow);
        var foreign = Write("something-else", yesterday);
        File.SetLastWriteTimeUtc(Path.Combine(_directory.Location, inUse.Name), yesterday);

        SharedSegment.RemoveLeftovers(_directory.Location);

        Assert.DoesNotContain(left, _directory.Files);
        Assert.Equal(
            new[] { young, foreign, Path.Combine(_directory.Location, inUse.Name) }.Order(StringComparer.Ordinal),
            _directory.Files.Order(StringComparer.Ordinal));
    }

    public void Dispose()
    {
        _directory.Dispose();
        _otherHost.Dispose();
    }

    private string Write(string name, DateTime time)
    {
        var path = Path.Combine(_directory.Location, name);
        File.WriteAllBytes(path, Encoding.UTF8.GetBytes(name));
        File.SetLastWriteTimeUtc(path, time);
        return path;
    }

    private static SharingRefusal?[] Meet(int workers, Func<int, string> directory, long length = 1000)
    {
        var roster = ExchangeRun.Roster(workers, workers, 1000, Topology.Sharded, clip: null) with { VectorLength = length };
        var refusals = new SharingRefusal?[workers];
        using var board = new MessageBoard(workers);
        ExchangeRun.OnThreads(workers, rank =>
        {
            using var exchange = SharedMemoryMeeting.TryJoin(
                roster, rank, owner: null, ExchangeRun.StepTimeout, board.For(rank), directory(rank), out refusals[rank]);
            Assert.Null(exchange);
        });
        return refusals;
    }
}
