using System.Runtime.InteropServices;
using TorchSharp;
using Module = TorchSharp.torch.nn.Module;

namespace Cluster.Train.Training;

/// <summary>
/// Moves a model to a GPU in place: each parameter and buffer stays the object that it was, and gets its values there, as
/// PyTorch's <c>module.to</c> does it. That of TorchSharp (0.107) makes new objects, and puts them into a module's fields only
/// where these have the very names that were registered; others keep an object that was disposed of.
/// </summary>
internal static unsafe class ModelPlacement
{
    /// <summary>at::TensorBase::set_data(const at::TensorBase&amp;); null where libtorch does not export it, as on Windows.</summary>
    private static readonly delegate* unmanaged<nint, nint, void> SetData =
        OperatingSystem.IsLinux()
        && NativeLibrary.TryLoad("torch_cpu", typeof(torch).Assembly, searchPath: null, out var library)
        && NativeLibrary.TryGetExport(library, "_ZNK2at10TensorBase8set_dataERKS0_", out var address)
            ? (delegate* unmanaged<nint, nint, void>)address
            : null;

    /// <summary>Moves all parameters and buffers, under whatever names they are known.</summary>
    internal static void Move(Module model, torch.Device device)
    {
        if (SetData is null)
        {
            model.to(device);
            return;
        }

        using var scope = torch.NewDisposeScope();
        foreach (var tensor in ModelParameters.Of(model).Select(parameter => parameter.Tensor).Concat(model.named_buffers().Select(buffer => buffer.buffer)))
        {
            // One that has several names is there at its second.
            if (tensor.device_type != device.type || tensor.device_index != device.index)
            {
                Replace(tensor, tensor.detach().to(device));
            }
        }
    }

    /// <summary>Gives a tensor the values, and the memory, of another one of its type and shape.</summary>
    internal static void Replace(torch.Tensor tensor, torch.Tensor values)
    {
        SetData(tensor.Handle, values.Handle);
        GC.KeepAlive(tensor);
        GC.KeepAlive(values);
    }
}
