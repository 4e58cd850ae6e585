using static TorchSharp.torch;

namespace Cluster.Train.Native;

/// <summary>
/// Whether libtorch's convolutions are right on this machine, found by computing some whose channels do not fill a block of the
/// processor's registers, beside the sums of their definition. oneDNN has computed them wrongly before, without a word, by what
/// a hypervisor told it of the processor: see <see cref="OneDnnCaches"/>.
/// </summary>
internal static unsafe class Convolutions
{
    private const string UsesOneDnn = "_ZN2at7Context20setUserEnabledMkldnnEb", UsesNnpack = "_ZN2at7Context20setUserEnabledNNPACKEb";

    /// <summary>What is amiss with them in this process, and what to do; null where they are right, and the same on other processors.</summary>
    internal static (string What, string Advice)? Limit { get; private set; }

    /// <summary>Sees to it that they are right, and do not depend on the processor's caches.</summary>
    /// <exception cref="BadInputException">They are wrong, whatever was tried.</exception>
    internal static void Require()
    {
        var threads = get_num_threads();
        set_num_threads(1);
        try
        {
            // It would only stand in where oneDNN does not compute, and only on processors that it knows: it says so at each call.
            Switch(UsesNnpack, on: false);
            // oneDNN looks at the processor now; what this one computes is right everywhere.
            _ = ConvolutionSample.Error(ConvolutionSample.FullBlocks);
            var problem = OneDnnCaches.Fix();
            if (AreRight())
            {
                Limit ??= problem is null ? null
                    : ($"right, but cut to fit this processor's caches ({problem}): large ones can have other bits on other processors", "use the libtorch package for Linux that Cluster.Train is built with");
                return;
            }

            Switch(UsesOneDnn, on: false);
            Limit = ($"computed without oneDNN, which computes them wrongly here{(problem is null ? "" : $" ({problem})")}: several times slower", "use another machine for models with convolutions");
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

    private static void Switch(string setting, bool on)
    {
        if (TorchLibrary.Context() is not 0 and var context && TorchLibrary.Find(setting) is not 0 and var set)
        {
            ((delegate* unmanaged<nint, byte, void>)set)(context, on ? (byte)1 : (byte)0);
        }
    }
}
