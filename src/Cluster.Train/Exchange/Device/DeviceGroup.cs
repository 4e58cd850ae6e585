using Cluster.Train.Exchange.InProcess;
using Cluster.Train.Training;

namespace Cluster.Train.Exchange.Device;

/// <summary>
/// What the members of one generation share whose blocks lie on the devices of one process: for each device its parameters,
/// everybody's contributions, the barrier. Safe for use by several threads.
/// </summary>
internal sealed class DeviceGroup
{
    private readonly Lock _gate = new();
    private readonly Dictionary<DeviceSpec, DeviceFloatBlock> _parameters = [];
    private readonly IReadOnlyList<DeviceFloatBlock>[] _contributions;
    private int _members;

    internal DeviceGroup(ExchangeRoster roster, StepPatience patience)
    {
        Roster = roster;
        _members = roster.Members.Length;
        _contributions = new IReadOnlyList<DeviceFloatBlock>[roster.Members.Length];
        Barrier = new StepBarrier(roster.Members.Select(member => member.Name), patience);
        BlockTotals = new double[roster.Totals];
        Marks = new StreamMarks(roster.Members.Length);
    }

    internal ExchangeRoster Roster { get; }

    internal StepBarrier Barrier { get; }

    /// <summary>How far the members' streams of work are.</summary>
    internal StreamMarks Marks { get; }

    /// <summary>The sums of squares of all norm blocks of the vector, each written by its owner.</summary>
    internal double[] BlockTotals { get; }

    /// <summary>The parameters of all devices; complete once all members have met.</summary>
    internal IReadOnlyCollection<DeviceFloatBlock> AllParameters
    {
        get
        {
            lock (_gate)
            {
                return [.. _parameters.Values];
            }
        }
    }

    /// <summary>The contributions of all members in ascending order of shards; complete once all members have met.</summary>
    internal IEnumerable<DeviceFloatBlock> AllContributions
    {
        get
        {
            lock (_gate)
            {
                return [.. _contributions.SelectMany(blocks => blocks)];
            }
        }
    }

    /// <summary>The parameters of all replicas of a device; made by the first member there.</summary>
    internal DeviceFloatBlock ParametersOn(DeviceSpec device)
    {
        lock (_gate)
        {
            return _parameters.TryGetValue(device, out var block)
                ? block
                : _parameters[device] = new DeviceFloatBlock(Roster.VectorLength, device.Open());
        }
    }

    /// <summary>Brings a member's contributions.</summary>
    internal void Contribute(int rank, IReadOnlyList<DeviceFloatBlock> blocks)
    {
        lock (_gate)
        {
            _contributions[rank] = blocks;
        }
    }

    /// <summary>Frees the parameters and marks when the last member has left. True for that one.</summary>
    internal bool Leave()
    {
        if (Interlocked.Decrement(ref _members) != 0)
        {
            return false;
        }

        foreach (var block in AllParameters)
        {
            block.Dispose();
        }

        Marks.Dispose();
        return true;
    }
}
