using System.Runtime.InteropServices;
using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>
/// libtorch's default random generators of the GPUs in use. <c>torch.manual_seed</c> of TorchSharp (0.107) seeds the
/// processor's alone, other than PyTorch's; and whether a GPU's was drawn from shows in how far it has counted, which
/// libtorch exports (aten/src/ATen/cuda/CUDAGeneratorImpl.h). Safe for use by several threads.
/// </summary>
internal static unsafe class GpuGenerators
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<int, bool> Used = [];
    private static volatile nint[] s_watched = [];
    private static volatile bool s_any;
    private static delegate* unmanaged<nint, ulong> s_count;

    /// <summary>Begins to use a GPU's generator, before anything is drawn from it.</summary>
    /// <exception cref="BadInputException">It does not give the same numbers after the same seed.</exception>
    internal static void Use(int index)
    {
        lock (Gate)
        {
            if (Used.ContainsKey(index))
            {
                return;
            }

            s_any = true;
            var generator = Find(index);
            Used[index] = RandomGate.Undisturbed(() => Verify(index, generator));
            if (Used[index])
            {
                s_watched = [.. s_watched, generator];
            }
        }
    }

    /// <summary>Whether draws from a GPU's generator show in <see cref="Counts"/>.</summary>
    internal static bool IsWatched(int index)
    {
        lock (Gate)
        {
            return Used.GetValueOrDefault(index);
        }
    }

    /// <summary>Seeds all GPUs in use.</summary>
    internal static void Seed(long seed)
    {
        if (s_any)
        {
            torch.cuda.manual_seed_all(seed);
        }
    }

    /// <summary>Another number after each draw from a watched generator; 0 where there is none.</summary>
    internal static ulong Counts()
    {
        var sum = 0UL;
        foreach (var generator in s_watched)
        {
            sum = (sum * 31) + s_count(generator);
        }

        return sum;
    }

    /// <summary>Whether the count shows a draw.</summary>
    private static bool Verify(int index, nint generator)
    {
        using var computing = FinalizerGate.Enter();
        using var scope = torch.NewDisposeScope();
        var (first, counted) = Draw();
        var (second, _) = Draw();
        return first.AsSpan().SequenceEqual(second)
            ? counted
            : throw new BadInputException(Invariant($"--device cuda:{index}: after the same seed the GPU gives other random numbers, so dropout would not be the same each time; use --device cpu"));

        (float[] Numbers, bool Counted) Draw()
        {
            torch.cuda.manual_seed_all(1);
            var before = generator == 0 ? 0 : s_count(generator);
            var numbers = TensorValues.Floats(torch.rand(64, device: torch.device(DeviceType.CUDA, index)));
            var shows = generator != 0 && before == 0 && s_count(generator) != 0;
            torch.cuda.manual_seed_all(1);
            return (numbers, shows && s_count(generator) == 0);
        }
    }

    /// <summary>at::CUDAGeneratorImpl of a GPU; 0 where it cannot be reached under the known names.</summary>
    private static nint Find(int index)
    {
        if (!OperatingSystem.IsLinux()
            || !NativeLibrary.TryLoad("libtorch_cuda.so", typeof(torch).Assembly, searchPath: null, out var library)
            || !NativeLibrary.TryGetExport(library, "_ZN2at4cuda6detail23getDefaultCUDAGeneratorEa", out var find)
            || !NativeLibrary.TryGetExport(library, "_ZNK2at17CUDAGeneratorImpl24philox_offset_per_threadEv", out var count))
        {
            return 0;
        }

        s_count = (delegate* unmanaged<nint, ulong>)count;
        // A reference to at::Generator, which holds nothing but a pointer.
        return *(nint*)((delegate* unmanaged<sbyte, nint>)find)((sbyte)index);
    }
}
