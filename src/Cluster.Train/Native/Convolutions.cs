using static TorchSharp.torch;

namespace Cluster.Train.Native;

/// <summary>
/// Whether libtorch's convolutions are right on this machine, found by computing some whose channels do not fill a block of the
/// processor's registers, beside the sums of their definition. oneDNN has computed them wrongly before, without a word, by what
/// a hypervisor told it of the processor: see <see cref="OneDnnCaches"/>.
/// </summary>
internal static unsafe class Convolutions
{
    private const string UsesOneDnn = "_ZN2at7Context20setUserEnabledMkldnnEb";

    /// <summary>Test hook: oneDNN is not told of the caches, so that it computes wrongly where they are hidden.</summary>
    private const string LeaveHook = "CLUSTER_TRAIN_TEST_HIDDEN_CACHES";

    /// <summary>What was done so that they are right; null where they were so as they came.</summary>
    internal static string? Remedy { get; private set; }

    /// <summary>Whether libtorch does without oneDNN.</summary>
    internal static bool IsSlow { get; private set; }

    /// <summary>Sees to it that they are right: tells oneDNN of the caches, or has libtorch do without oneDNN.</summary>
    /// <exception cref="BadInputException">They are not, in spite of that.</exception>
    internal static void Require()
    {
        var threads = get_num_threads();
        set_num_threads(1);
        try
        {
            // oneDNN looks at the processor now; what this one computes is right everywhere.
            _ = ConvolutionSample.Error(ConvolutionSample.FullBlocks);
            var problem = Environment.GetEnvironmentVariable(LeaveHook) is { Length: > 0 } ? "left so by a test" : OneDnnCaches.Tell();
            if (AreRight())
            {
                Remedy ??= OneDnnCaches.AreHidden && problem is null ? "right: the sizes of this machine's caches, which it hides from oneDNN, were made up" : null;
                return;
            }

            DoWithoutOneDnn();
            IsSlow = true;
            Remedy = $"computed without oneDNN, which computes them wrongly here{(problem is null ? "" : $" ({problem})")}: several times slower";
            if (!AreRight())
            {
                throw new BadInputException(
                    $"libtorch computes convolutions wrongly on this processor ({Processor.Name}), with oneDNN and without; use the libtorch package for Linux that Cluster.Train is built with, or another machine");
            }
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    private static bool AreRight() => ConvolutionSample.PartialBlocks.All(sample => ConvolutionSample.Error(sample) < ConvolutionSample.Tolerance);

    private static void DoWithoutOneDnn()
    {
        if (TorchLibrary.Context() is not 0 and var context && TorchLibrary.Find(UsesOneDnn) is not 0 and var set)
        {
            ((delegate* unmanaged<nint, byte, void>)set)(context, 0);
        }
    }
}
