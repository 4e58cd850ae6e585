using System.Text;
using Cluster.Train.Reduction;

namespace Cluster.Train.Exchange.SharedMemory;

/// <summary>
/// How members find out that they are on one host and come to share memory. Everybody tells which kernel it runs on; if
/// it is one, everybody makes a segment and tells its name and a secret number within it; everybody opens all segments
/// and finds the numbers there, or says why not (containers of one host may have separate memory). Only if all could is
/// shared memory used: all members come to the same answer.
/// </summary>
internal static class SharedMemoryMeeting
{
    /// <summary>Longest message of a member, in bytes.</summary>
    public const int MessageLength = 4096;

    /// <summary>Differs between any two hosts, and between two starts of one.</summary>
    private const string KernelIdentity = "/proc/sys/kernel/random/boot_id";

    /// <summary>Tries to share memory with all other members.</summary>
    /// <param name="roster">The generation, the same for all members.</param>
    /// <param name="rank">The caller's rank.</param>
    /// <param name="owner">The caller's slice; null where it owns none.</param>
    /// <param name="patience">How long a member waits for the others within a step.</param>
    /// <param name="allGather">Gives the caller's message to all members and returns everybody's, by rank; called up to three times.</param>
    /// <param name="refusal">Why memory is not shared, the same on all members; null where it is.</param>
    /// <returns>The caller's side of the exchange; null where memory cannot be shared, and nothing is left of the attempt.</returns>
    public static TensorExchange? TryJoin(
        ExchangeRoster roster, int rank, SliceOwner? owner, StepPatience patience,
        Func<byte[], IReadOnlyList<byte[]>> allGather, out string? refusal)
    {
        var exchange = TryJoin(roster, rank, owner, patience, allGather, SharedSegment.SystemDirectory, out SharingRefusal? why);
        refusal = why?.Reason;
        return exchange;
    }

    /// <summary>As above, with segments in another directory than the system's.</summary>
    internal static TensorExchange? TryJoin(
        ExchangeRoster roster, int rank, SliceOwner? owner, StepPatience patience,
        Func<byte[], IReadOnlyList<byte[]>> allGather, string directory, out SharingRefusal? refusal)
    {
        refusal = OtherHost(roster, allGather(Encoding.UTF8.GetBytes(Kernel()))) is { } other ? new SharingRefusal(other, LacksSpace: false) : null;
        if (refusal is not null)
        {
            return null;
        }

        var segments = new SharedSegment?[roster.Members.Length];
        var joined = false;
        try
        {
            var problem = Attempt(() => segments[rank] = Create(directory, SegmentLayout.Of(roster, rank).Length));
            var offers = allGather(problem is null ? Offer(segments[rank]!) : Refusal(problem));
            refusal = FirstRefusal(roster, offers);
            if (refusal is not null)
            {
                return null;
            }

            problem = Attempt(() => OpenOthers(roster, rank, directory, offers, segments));
            refusal = FirstRefusal(roster, allGather(problem is null ? Agreement() : Refusal(problem)));
            if (refusal is not null)
            {
                return null;
            }

            var exchange = SharedMemoryExchange.Over(roster, rank, owner, patience, segments!);
            joined = true;
            return exchange;
        }
        finally
        {
            // All have mapped it by now, or nobody will.
            segments[rank]?.Unlink();
            if (!joined)
            {
                Array.ForEach(segments, segment => segment?.Dispose());
            }
        }
    }

    private static string Kernel()
    {
        try
        {
            return File.ReadAllText(KernelIdentity);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Where it cannot be read, the segments alone decide.
            return "";
        }
    }

    private static string? OtherHost(ExchangeRoster roster, IReadOnlyList<byte[]> kernels)
    {
        var other = roster.Members.FirstOrDefault(member => !kernels[member.Rank].AsSpan().SequenceEqual(kernels[0]));
        return other is null ? null : $"{other.Name} is on another host than {roster.Members[0].Name}";
    }

    private static SharedSegment Create(string directory, long length)
    {
        if (!Futex.IsSupported)
        {
            throw new IOException("shared memory is used on Linux on x86-64 only");
        }

        if (!Directory.Exists(directory))
        {
            throw new IOException($"there is no {directory}");
        }

        SharedSegment.RemoveLeftovers(directory);
        return SharedSegment.Create(directory, length);
    }

    private static void OpenOthers(ExchangeRoster roster, int rank, string directory, IReadOnlyList<byte[]> offers, SharedSegment?[] segments)
    {
        foreach (var member in roster.Members.Where(member => member.Rank != rank))
        {
            var offer = offers[member.Rank].AsSpan(1);
            if (offer.Length <= SegmentLayout.NonceLength)
            {
                throw new IOException($"{member.Name} offers a segment without a name");
            }

            segments[member.Rank] = SharedSegment.Open(
                directory, Encoding.UTF8.GetString(offer[SegmentLayout.NonceLength..]), offer[..SegmentLayout.NonceLength],
                SegmentLayout.Of(roster, member.Rank).Length);
        }
    }

    /// <summary>Does something that the system may refuse; returns its reason.</summary>
    private static SharingRefusal? Attempt(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return new SharingRefusal(error.Message, error is NoSharedSpaceException);
        }
    }

    // A message is a one and what is offered, or the reason of a refusal after a zero, or a two where there is too little of it.
    private static byte[] Offer(SharedSegment segment) => [1, .. segment.Nonce, .. Encoding.UTF8.GetBytes(segment.Name)];

    private static byte[] Agreement() => [1];

    private static byte[] Refusal(SharingRefusal refusal) =>
        [(byte)(refusal.LacksSpace ? 2 : 0), .. Encoding.UTF8.GetBytes(refusal.Reason[..Math.Min(refusal.Reason.Length, MessageLength / 4)])];

    private static SharingRefusal? FirstRefusal(ExchangeRoster roster, IReadOnlyList<byte[]> messages)
    {
        for (var rank = 0; rank < roster.Members.Length; rank++)
        {
            if (messages[rank] is not [1, ..])
            {
                var reason = Encoding.UTF8.GetString(messages[rank].AsSpan(Math.Min(1, messages[rank].Length)));
                return new SharingRefusal($"{roster.Members[rank].Name}: {reason}", messages[rank] is [2, ..]);
            }
        }

        return null;
    }
}
