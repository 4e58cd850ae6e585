using System.Runtime.InteropServices;

namespace Cluster.Train.Native;

/// <summary>
/// Where a GPU's backward passes run. libtorch has one thread for each GPU, for all of them; so workers that share a GPU wait
/// for each other. On a thread with this setting they run there, as a processor's do anyway. PyTorch calls it
/// torch.autograd.set_multithreading_enabled(False); it is a bit of a thread's c10::AutogradState, which libtorch exports
/// (c10/core/AutogradState.h).
/// </summary>
internal static unsafe class BackwardThread
{
    // From the lowest bit: gradients are on, inference mode, forward gradients, several threads, replayed views.
    private const byte SeveralThreads = 0b01000;
    private const byte Usual = 0b01100;
    private const byte AllButGradients = 0b11110;

    /// <summary>Whether backward passes of this thread run on it; false also where it does not show.</summary>
    internal static bool IsOwn => State() is var state && state != null && (*state & AllButGradients) == (Usual & ~SeveralThreads);

    /// <summary>Has this thread's backward passes run on it. Where the setting is not as it is known, nothing is changed, and they only wait for each other.</summary>
    internal static void UseOwn()
    {
        var state = State();
        if (state != null && (*state & AllButGradients) == Usual)
        {
            *state = (byte)(*state & ~SeveralThreads);
        }
    }

    /// <summary>
    /// The byte of this thread's state that has the bits; null where it is not found. Where in the state it is differs between
    /// versions: it is the one that changes when gradients are switched off.
    /// </summary>
    private static byte* State()
    {
        const int most = 32;
        if (!OperatingSystem.IsLinux()
            || !NativeLibrary.TryLoad("libc10.so", out var library)
            || !NativeLibrary.TryGetExport(library, "_ZN3c1013AutogradState13get_tls_stateEv", out var get)
            || !NativeLibrary.TryGetExport(library, "_ZN3c108GradMode11set_enabledEb", out var set)
            || !NativeLibrary.TryGetExport(library, "_ZN3c108GradMode10is_enabledEv", out var isOn))
        {
            return null;
        }

        var state = (byte*)((delegate* unmanaged<nint>)get)();
        var setGradients = (delegate* unmanaged<byte, void>)set;
        var were = ((delegate* unmanaged<byte>)isOn)();
        Span<byte> on = stackalloc byte[most];
        setGradients(1);
        new ReadOnlySpan<byte>(state, most).CopyTo(on);
        setGradients(0);
        var found = -1;
        for (var index = 0; index < most; index++)
        {
            if ((state[index] ^ on[index]) == 1)
            {
                found = index;
            }
        }

        setGradients(were);
        return found < 0 ? null : state + found;
    }
}
