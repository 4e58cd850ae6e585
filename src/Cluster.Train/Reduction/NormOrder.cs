namespace Cluster.Train.Reduction;

/// <summary>In which order the squares of a norm block are added. It decides the bits of clipping, and belongs to the job's kind of device.</summary>
internal enum NormOrder
{
    /// <summary>Four lanes, one value after the other: the processor's.</summary>
    Lanes,

    /// <summary>Half to half: what a GPU can do in few operations.</summary>
    Halves,
}
