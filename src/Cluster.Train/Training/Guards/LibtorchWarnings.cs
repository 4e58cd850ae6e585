using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>
/// libtorch prints its warnings on standard error, some of them at every call. Threads that compute give them to the
/// callbacks that they are in, which tell each once. The handler is a C++ object (c10::WarningHandler) made by hand;
/// where libtorch does not export what it needs, as on Windows, libtorch goes on printing.
/// </summary>
internal static unsafe class LibtorchWarnings
{
    private static readonly delegate* unmanaged[Cdecl]<void*, nint*> Message;
    private static readonly delegate* unmanaged[Cdecl]<void*, void> SetHandler;
    private static readonly void* Handler;

    static LibtorchWarnings()
    {
        if (!OperatingSystem.IsLinux()
            || !NativeLibrary.TryLoad("c10", typeof(torch).Assembly, searchPath: null, out var library)
            || !NativeLibrary.TryGetExport(library, "_ZNK3c107Warning3msgB5cxx11Ev", out var message)
            || !NativeLibrary.TryGetExport(library, "_ZN3c1012WarningUtils19set_warning_handlerEPNS_14WarningHandlerE", out var set))
        {
            return;
        }

        Message = (delegate* unmanaged[Cdecl]<void*, nint*>)message;
        SetHandler = (delegate* unmanaged[Cdecl]<void*, void>)set;
        // Two destructors and process(Warning), as the Itanium ABI lays a virtual table out. Never freed.
        var table = (nint*)NativeMemory.AllocZeroed(3, (nuint)sizeof(nint));
        delegate* unmanaged[Cdecl]<void*, void> destroy = &Destroy;
        delegate* unmanaged[Cdecl]<void*, void*, void> process = &Process;
        (table[0], table[1], table[2]) = ((nint)destroy, (nint)destroy, (nint)process);
        var handler = (nint*)NativeMemory.AllocZeroed(1, (nuint)sizeof(nint));
        *handler = (nint)table;
        Handler = handler;
    }

    /// <summary>From now on this thread's warnings come here.</summary>
    internal static void TakeOver()
    {
        if (Handler is not null)
        {
            SetHandler(Handler);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Destroy(void* handler)
    {
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Process(void* handler, void* warning)
    {
        // A std::string begins with the address and the length of its text.
        var text = Message(warning);
        TaskCalls.Current?.Warn(Marshal.PtrToStringUTF8(text[0], checked((int)text[1])));
    }
}
