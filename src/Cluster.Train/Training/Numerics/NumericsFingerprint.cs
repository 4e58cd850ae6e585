using System.Collections.Concurrent;
using Cluster.Train.Native;
using TorchSharp;

namespace Cluster.Train.Training.Numerics;

/// <summary>
/// The numerics class of this process: what comes out when it computes <see cref="NumericsBattery"/>. Two processes of one
/// class, build and job compute the same bits. Computed, because no flag tells it: what MKL, oneDNN and libtorch's own kernels
/// do depends on maker, model and environment, and processors with the same instructions differ. So do GPUs of two models.
/// </summary>
internal static class NumericsFingerprint
{
    /// <summary>The class of every process with <c>--portable</c>: eight digits for each part of the battery.</summary>
    internal const string Portable = "2237f557-57c233d9-15af45bc-a6d349ee-9127817a";

    private static readonly ConcurrentDictionary<(DeviceSpec Device, Precision Precision), Lazy<string>> s_found = new();

    /// <summary>
    /// The class of a device in this process; computed once, at the first question, on the thread that asks. That must be one
    /// that may call libtorch, and <see cref="NativeEnvironment.Prepare"/> was called.
    /// </summary>
    /// <param name="device">What computes.</param>
    /// <param name="portable">Whether it must be <see cref="Portable"/>.</param>
    /// <param name="precision">What products are computed in.</param>
    /// <exception cref="BadInputException">It must be, and is not; or the device cannot be used.</exception>
    internal static string Of(DeviceSpec device, bool portable, Precision precision = Precision.Float32)
    {
        if (portable && precision != Precision.Float32)
        {
            throw new BadInputException($"--portable and --precision {Precisions.Name(precision)} exclude each other: {Precisions.NotPortable}");
        }

        if (portable && device.Kind != DeviceKind.Cpu)
        {
            throw new BadInputException("--portable gives the bits that every processor can compute, which a GPU cannot; leave --portable out, or use --device cpu");
        }

        var found = s_found.GetOrAdd((device, precision), _ => new Lazy<string>(() => Compute(device, precision))).Value;
        return portable && found != Portable ? throw new BadInputException(NotPortable(found)) : found;
    }

    /// <summary>Why a process with <c>--portable</c> does not train.</summary>
    internal static string NotPortable(string found)
    {
        var settings = NativeSettings.OfUser();
        var known = Convolutions.Limit is var (what, _) ? $" (convolutions are {what})" : "";
        return $"--portable cannot hold here: {NumericsClass.Differences(found, Portable)} come out with other bits on {Processor.Name} than --portable promises{known}; "
            + (settings.Length > 0 ? $"unset {settings}, " : "use the libtorch package for Linux that Cluster.Train is built with, ")
            + "or leave --portable out and use machines of one kind";
    }

    /// <summary>Computes the class anew.</summary>
    internal static string Compute(DeviceSpec device, Precision precision = Precision.Float32)
    {
        var opened = device.Open();
        // Asked before it is set: a fresh thread takes over whatever was set last anywhere, at its first question.
        var threads = torch.get_num_threads();
        using var computing = FinalizerGate.Enter();
        using var gradients = torch.enable_grad();
        try
        {
            torch.set_num_threads(1);
            // TorchSharp fills an embedding with random numbers before it takes those that are given.
            var parts = precision == Precision.BFloat16 ? NumericsBattery.Parts.Append(NumericsBattery.BFloat16Products) : NumericsBattery.Parts;
            return RandomGate.Undisturbed(() => string.Join('-', parts.Select(part => Digits(part, opened))));
        }
        finally
        {
            torch.set_num_threads(threads);
        }
    }

    private static string Digits(Action<NumericsBattery.Results> compute, torch.Device device)
    {
        using var scope = torch.NewDisposeScope();
        using var results = new NumericsBattery.Results(device);
        compute(results);
        return results.Digits();
    }
}
