using System.Runtime.InteropServices;
using Cluster.Train.Native;

namespace Cluster.Train.Tests.Native;

public sealed class SupportedPlatformTests
{
    [Theory]
    [InlineData("LINUX", Architecture.X64, "linux-x64", null)]
    [InlineData("LINUX", Architecture.X64, "debian.12-x64", null)]
    [InlineData("WINDOWS", Architecture.X64, "win-x64", null)]
    [InlineData("LINUX", Architecture.Arm64, "linux-arm64", "does not run on Arm64")]
    [InlineData("Darwin 24.1.0", Architecture.X64, "osx-x64", "does not run on DARWIN 24.1.0")]
    [InlineData("Darwin 24.1.0", Architecture.Arm64, "osx-arm64", "does not run on Arm64")]
    [InlineData("LINUX", Architecture.X64, "linux-musl-x64", "does not run with musl")]
    public void What_it_does_not_run_on_is_refused_in_one_line(string system, Architecture architecture, string identifier, string? expected)
    {
        var problem = SupportedPlatform.Problem(OSPlatform.Create(system), architecture, identifier);

        if (expected is null)
        {
            Assert.Null(problem);
            return;
        }

        Assert.Contains(expected, problem, StringComparison.OrdinalIgnoreCase);
        Assert.EndsWith("WSL 2 on Windows", problem, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem!);
    }

    [Fact]
    public void Where_tests_run_it_runs() => Assert.Null(SupportedPlatform.Problem());
}
