using Cluster.Train.Native;

namespace Cluster.Train.Tests.Native;

public sealed class CudaStreamTests
{
    [Fact]
    public void Without_CUDA_a_thread_keeps_the_stream_that_all_share_and_has_nothing_to_mark()
    {
        CudaStream.UseOwn(0);
        var mark = CudaStream.NewEvent();
        CudaStream.Record(mark);
        CudaStream.WaitFor(mark);
        CudaStream.Finish();
        CudaStream.Free(mark);

        Assert.Equal((0, 0), (CudaStream.Own, mark));
    }
}
