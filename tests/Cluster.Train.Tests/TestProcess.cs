using System.Runtime.CompilerServices;
using Cluster.Train.Native;

namespace Cluster.Train.Tests;

/// <summary>What holds for the whole test process.</summary>
internal static class TestProcess
{
    /// <summary>libtorch reads its environment at its first call, whichever test makes it: so before all tests.</summary>
    [ModuleInitializer]
    internal static void Prepare() => NativeEnvironment.Prepare(portable: false);
}
