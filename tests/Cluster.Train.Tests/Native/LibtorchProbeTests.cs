using Cluster.Train.Native;

namespace Cluster.Train.Tests.Native;

/// <summary>What is said of a libtorch that does not load, from .NET's own words.</summary>
public sealed class LibtorchProbeTests
{
    private const string Asked =
        "Unable to load shared library '/program/libtorch.so' or one of its dependencies. In order to help diagnose loading problems, consider using a tool like strace. If you're using glibc, consider setting the LD_DEBUG environment variable: \n";

    [Theory]
    [InlineData("libtorch_cuda.so")]
    [InlineData("libcudart.so.13")]
    [InlineData("libcublasLt.so.13")]
    [InlineData("libnvshmem_host.so.3")]
    public void A_library_of_CUDA_that_is_missing_is_named_with_what_brings_it(string missing)
    {
        var line = LibtorchProbe.Explain("libtorch.so", Asked + missing + ": cannot open shared object file: No such file or directory\n");

        Assert.StartsWith($"libtorch.so cannot be loaded: it needs {missing}, which is not there; put a whole package libtorch-cuda", line, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', line);
    }

    [Fact]
    public void Any_other_library_that_is_missing_is_named()
    {
        Assert.Equal(
            "libtorch.so cannot be loaded: it needs libgomp.so.1, which is not there; install the package that it belongs to",
            LibtorchProbe.Explain("libtorch.so", Asked + "libgomp.so.1: cannot open shared object file: No such file or directory\n"));
    }

    [Fact]
    public void An_older_runtime_of_Cpp_is_told_whatever_line_says_so()
    {
        Assert.Contains("GCC 13", LibtorchProbe.Explain("libtorch.so", Asked + "/lib/libstdc++.so.6: version `GLIBCXX_3.4.32' not found\n"), StringComparison.Ordinal);
    }
}
