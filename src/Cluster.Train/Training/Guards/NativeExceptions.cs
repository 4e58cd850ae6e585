using System.Runtime.InteropServices;

namespace Cluster.Train.Training;

/// <summary>
/// Some of TorchSharp's native functions (0.107: torch.autograd.grad, for one) let a C++ exception through, which no .NET
/// code can catch: on Linux the process would be aborted with it. C++ asks a handler first, on the thread that threw, with
/// its stack as it was. Ours reports the exception as any other fault, and keeps that thread from ever going on.
/// On Windows .NET turns such an exception into one of its own.
/// </summary>
internal static unsafe class NativeExceptions
{
    private const int WhatSlot = 2;

    private static readonly Lock Gate = new();
    private static bool _installed;
    private static delegate* unmanaged[Cdecl]<void> _previous;
    private static delegate* unmanaged[Cdecl]<void**, void> _current;
    private static delegate* unmanaged[Cdecl]<nint*> _currentType;

    [ThreadStatic]
    private static Catcher? s_catcher;

    /// <summary>Sets the handler, once libtorch is loaded.</summary>
    internal static void Install()
    {
        lock (Gate)
        {
            if (_installed || !OperatingSystem.IsLinux()
                || !NativeLibrary.TryLoad("libstdc++.so.6", out var library)
                || !NativeLibrary.TryGetExport(library, "_ZSt13set_terminatePFvvE", out var set)
                || !NativeLibrary.TryGetExport(library, "_ZSt17current_exceptionv", out var current)
                || !NativeLibrary.TryGetExport(library, "__cxa_current_exception_type", out var currentType))
            {
                return;
            }

            _current = (delegate* unmanaged[Cdecl]<void**, void>)current;
            _currentType = (delegate* unmanaged[Cdecl]<nint*>)currentType;
            delegate* unmanaged[Cdecl]<void> handler = &Terminate;
            _previous = ((delegate* unmanaged[Cdecl]<delegate* unmanaged[Cdecl]<void>, delegate* unmanaged[Cdecl]<void>>)set)(handler);
            _installed = true;
        }
    }

    /// <summary>Until it is disposed, a C++ exception on this thread is given to <paramref name="report"/> before those of the scopes around it.</summary>
    /// <param name="report">Called on this thread, which never goes on afterwards.</param>
    internal static Scope Catch(Action<TrainingFaultException> report) => new(s_catcher = new Catcher(report, s_catcher));

    [UnmanagedCallersOnly(CallConvs = [typeof(System.Runtime.CompilerServices.CallConvCdecl)])]
    private static void Terminate()
    {
        if (s_catcher is null)
        {
            if (_previous is not null)
            {
                _previous();
            }

            return;
        }

        var what = What();
        var fault = TaskCalls.Current?.FailedNatively(what)
            ?? new TrainingFaultException($"libtorch threw an exception that TorchSharp does not hand on: {what}");
        // This thread holds them and never goes on.
        RandomGate.Abandon();
        FinalizerGate.Abandon();
        for (var catcher = s_catcher; catcher is not null; catcher = catcher.Outer)
        {
            try
            {
                catcher.Report(fault);
            }
            catch (Exception)
            {
                // The others must still hear of it.
            }
        }

        // A handler that returns has the process aborted: this background thread stands here until the process ends.
        Thread.Sleep(Timeout.Infinite);
    }

    /// <summary>The exception's message, of types that derive from std::exception as libtorch's and the library's own do.</summary>
    private static string What()
    {
        var type = _currentType();
        var name = type is null ? "" : Marshal.PtrToStringUTF8(type[1]) ?? "";
        void* thrown = null;
        _current(&thrown);
        if (thrown is null || !(name.StartsWith("N3c10", StringComparison.Ordinal) || name.StartsWith("St", StringComparison.Ordinal)))
        {
            return $"a C++ exception of type {(name.Length > 0 ? name : "unknown")}";
        }

        var what = (delegate* unmanaged[Cdecl]<void*, byte*>)(*(nint**)thrown)[WhatSlot];
        return OneLine.First(Marshal.PtrToStringUTF8((nint)what(thrown)) ?? name);
    }

    /// <summary>The time in which a thread's exceptions go to somebody.</summary>
    internal readonly struct Scope(Catcher catcher) : IDisposable
    {
        /// <summary>Ends it.</summary>
        public void Dispose() => s_catcher = catcher.Outer;
    }

    /// <summary>Who hears of it, and who after that.</summary>
    internal sealed record Catcher(Action<TrainingFaultException> Report, Catcher? Outer);
}
