using Cluster.Train.Tests.Training;
using TorchSharp;

namespace Cluster.Train.Tests.Native;

[Collection(LibtorchGroup.Name)]
public sealed class TensorMemoryTests
{
    [SkippableTheory]
    [InlineData(1_000)]
    [InlineData(10_000)]
    [InlineData(1_000_000)]
    public void A_tensor_that_nobody_has_written_holds_zeros(long length)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "libtorch exports the flag of its allocator on Linux only");
        TestProcess.Prepare();
        for (var repeat = 0; repeat < 20; repeat++)
        {
            torch.full(length, float.NaN).Dispose();
            using var unwritten = torch.empty(length);
            Assert.All(unwritten.data<float>().ToArray(), value => Assert.Equal(0, value));
        }
    }
}
