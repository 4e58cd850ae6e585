using Cluster.Train.Native;

namespace Cluster.Train.Exchange.Device;

/// <summary>
/// How far the streams of work of a generation's members are: one mark for each member and meeting point. A mark is set anew
/// only after another meeting, so after everybody has begun to wait for it. Empty where the members have no streams of their own.
/// </summary>
/// <param name="members">Their number.</param>
internal sealed class StreamMarks(int members) : IDisposable
{
    private readonly nint[] _computed = new nint[members];
    private readonly nint[] _updated = new nint[members];

    /// <summary>Makes a member's marks; on its thread.</summary>
    internal void Make(int rank) => (_computed[rank], _updated[rank]) = (CudaStream.NewEvent(), CudaStream.NewEvent());

    /// <summary>Before a meeting: marks what the member asked for so far; on its thread.</summary>
    internal void Record(int rank, MeetingPoint point) => CudaStream.Record(Of(point)[rank]);

    /// <summary>After it: has the member's further work wait for what the others marked; on its thread.</summary>
    internal void WaitForOthers(int rank, MeetingPoint point)
    {
        var marks = Of(point);
        for (var other = 0; other < marks.Length; other++)
        {
            if (other != rank)
            {
                CudaStream.WaitFor(marks[other]);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var mark in _computed.Concat(_updated))
        {
            CudaStream.Free(mark);
        }
    }

    private nint[] Of(MeetingPoint point) => point == MeetingPoint.Computed ? _computed : _updated;
}
