using System.Runtime.InteropServices;
using Cluster.Train.Native;
using Cluster.Train.Tests.Training;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Native;

[Collection(LibtorchGroup.Name)]
public sealed class CudaDeterminismTests
{
    [Theory]
    [InlineData(null, ":4096:8")]
    [InlineData("", ":4096:8")]
    [InlineData(":0:0", ":4096:8")]
    [InlineData(":4096:8", null)]
    [InlineData(":16:8", null)]
    public void A_workspace_of_the_user_that_is_deterministic_stays(string? given, string? set) =>
        Assert.Equal(set, CudaDeterminism.WorkspaceFor(given));

    [Theory]
    [InlineData("adaptive_avg_pool2d_backward_cuda does not have a deterministic implementation, but you set 'torch.use_deterministic_algorithms(True)'. You can turn off", "adaptive_avg_pool2d_backward_cuda")]
    [InlineData("Error: upsample_bilinear2d_backward_out_cuda does not have a deterministic implementation, but", "upsample_bilinear2d_backward_out_cuda")]
    [InlineData("CUDA out of memory", null)]
    public void The_operation_that_has_no_deterministic_form_is_found_in_libtorch_s_message(string message, string? operation) =>
        Assert.Equal(operation, CudaDeterminism.OperationWithout(message));

    [SkippableFact]
    public void Libtorch_exports_every_setting_under_the_name_that_is_looked_for()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "the names are those of libtorch for Linux");
        var library = NativeLibrary.Load("libtorch_cpu.so", typeof(TorchSharp.torch).Assembly, searchPath: null);

        Assert.Equal(12, CudaDeterminism.Exports.Count());
        Assert.All(CudaDeterminism.Exports, name => Assert.True(NativeLibrary.TryGetExport(library, name, out _), name));
    }

    [SkippableFact]
    public void A_thread_can_have_its_backward_passes_to_itself()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "the setting is found in libtorch for Linux only");
        bool? before = null, after = null;
        var thread = new Thread(() =>
        {
            before = BackwardThread.IsOwn;
            BackwardThread.UseOwn();
            after = BackwardThread.IsOwn;
        });
        thread.Start();
        thread.Join();

        Assert.False(before);
        Assert.True(after);
        Assert.False(BackwardThread.IsOwn);
    }

    [Fact]
    public void A_GPU_that_is_not_there_is_one_line_that_says_what_to_install()
    {
        var error = Assert.Throws<BadInputException>(() => DeviceSpec.Parse("cuda:1000").Open());

        Assert.StartsWith("--device cuda:1000: ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }
}
