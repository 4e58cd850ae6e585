using System.Runtime.InteropServices;

namespace Cluster.Train.Native;

/// <summary>
/// A thread's own stream of work on a GPU. Threads of libtorch that choose none share one: what one of them asks for waits for
/// all that the others asked for before, though neither needs the other's. A stream of c10::cuda (c10/cuda/CUDAStream.h) is
/// libtorch's way to choose; order between streams is made with events of the CUDA Driver API ("Event Management").
/// </summary>
internal static unsafe class CudaStream
{
    // Names and order of CUstream's functions have been the same since CUDA 4; events without times are cheaper.
    private const uint WithoutTimes = 2;

    [ThreadStatic]
    private static nint t_own;

    /// <summary>This thread's own stream, a CUstream; 0 where it has none.</summary>
    internal static nint Own => t_own;

    /// <summary>
    /// Gives this thread a stream of its own on a GPU, on which libtorch is already at work. Where libtorch or the driver do not
    /// offer it, the thread keeps the stream that all share, and only waits longer.
    /// </summary>
    internal static void UseOwn(int device)
    {
        if (!OperatingSystem.IsLinux()
            || Functions.Loaded is null
            || !NativeLibrary.TryLoad("libc10_cuda.so", typeof(TorchSharp.torch).Assembly, searchPath: null, out var library)
            || !NativeLibrary.TryGetExport(library, "_ZN3c104cuda17getStreamFromPoolEba", out var take)
            || !NativeLibrary.TryGetExport(library, "_ZN3c104cuda20setCurrentCUDAStreamENS0_10CUDAStreamE", out var use)
            || !NativeLibrary.TryGetExport(library, "_ZNK3c104cuda10CUDAStream6streamEv", out var reveal))
        {
            return;
        }

        var stream = ((delegate* unmanaged<byte, sbyte, Stream>)take)(0, (sbyte)device);
        ((delegate* unmanaged<Stream, void>)use)(stream);
        t_own = ((delegate* unmanaged<Stream*, nint>)reveal)(&stream);
    }

    /// <summary>An event on this thread's stream; 0 where it has none.</summary>
    internal static nint NewEvent()
    {
        if (t_own == 0)
        {
            return 0;
        }

        var driver = Functions.Loaded!;
        nint context, made, popped;
        Check(driver.StreamContext(t_own, &context), "cuStreamGetCtx");
        Check(driver.Push(context), "cuCtxPushCurrent");
        Check(driver.Create(&made, WithoutTimes), "cuEventCreate");
        Check(driver.Pop(&popped), "cuCtxPopCurrent");
        return made;
    }

    /// <summary>Marks in this thread's stream all that was asked for so far.</summary>
    internal static void Record(nint cudaEvent)
    {
        if (cudaEvent != 0)
        {
            Check(Functions.Loaded!.Record(cudaEvent, t_own), "cuEventRecord");
        }
    }

    /// <summary>Has what this thread asks for from here on wait for what was marked; the thread itself does not wait.</summary>
    internal static void WaitFor(nint cudaEvent)
    {
        if (cudaEvent != 0 && t_own != 0)
        {
            Check(Functions.Loaded!.Wait(t_own, cudaEvent, 0), "cuStreamWaitEvent");
        }
    }

    /// <summary>Waits until all is done that this thread asked for.</summary>
    internal static void Finish()
    {
        if (t_own != 0)
        {
            Check(Functions.Loaded!.Synchronize(t_own), "cuStreamSynchronize");
        }
    }

    /// <summary>Frees an event.</summary>
    internal static void Free(nint cudaEvent)
    {
        if (cudaEvent != 0)
        {
            // Whatever it answers: a GPU that has failed is told of by the work on it.
            _ = Functions.Loaded!.Destroy(cudaEvent);
        }
    }

    private static void Check(int result, string function)
    {
        if (result != 0)
        {
            throw new InvalidOperationException(Invariant($"the GPU's driver failed with error {result} in {function}"));
        }
    }

    /// <summary>c10::Stream as c10::cuda::CUDAStream holds it: small enough to be passed by value, in registers.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Stream
    {
        internal sbyte DeviceType;
        internal sbyte DeviceIndex;
        internal long Id;
    }

    private sealed class Functions
    {
        internal delegate* unmanaged<nint, nint*, int> StreamContext;
        internal delegate* unmanaged<nint, int> Push;
        internal delegate* unmanaged<nint*, int> Pop;
        internal delegate* unmanaged<nint*, uint, int> Create;
        internal delegate* unmanaged<nint, nint, int> Record;
        internal delegate* unmanaged<nint, nint, uint, int> Wait;
        internal delegate* unmanaged<nint, int> Synchronize;
        internal delegate* unmanaged<nint, int> Destroy;

        /// <summary>The driver's functions; null where one is missing.</summary>
        internal static Functions? Loaded { get; } = Load();

        private static Functions? Load()
        {
            if (!NativeLibrary.TryLoad("libcuda.so.1", out var driver))
            {
                return null;
            }

            var complete = true;
            var functions = new Functions
            {
                StreamContext = (delegate* unmanaged<nint, nint*, int>)Of("cuStreamGetCtx"),
                Push = (delegate* unmanaged<nint, int>)Of("cuCtxPushCurrent_v2"),
                Pop = (delegate* unmanaged<nint*, int>)Of("cuCtxPopCurrent_v2"),
                Create = (delegate* unmanaged<nint*, uint, int>)Of("cuEventCreate"),
                Record = (delegate* unmanaged<nint, nint, int>)Of("cuEventRecord"),
                Wait = (delegate* unmanaged<nint, nint, uint, int>)Of("cuStreamWaitEvent"),
                Synchronize = (delegate* unmanaged<nint, int>)Of("cuStreamSynchronize"),
                Destroy = (delegate* unmanaged<nint, int>)Of("cuEventDestroy_v2"),
            };
            return complete ? functions : null;

            nint Of(string name)
            {
                complete &= NativeLibrary.TryGetExport(driver, name, out var address);
                return address;
            }
        }
    }
}
