using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>
/// The memory that a replica computes in: the exchange's own blocks where they lie on the replica's device, as on the
/// processor they always do. Otherwise it is blocks on the GPU, which are copied through pinned host memory before and after
/// each exchange.
/// </summary>
internal sealed class ReplicaBlocks : IDisposable
{
    private readonly torch.Tensor _parameters;
    private readonly torch.Tensor _gradients;
    private readonly Staging? _stagedParameters;
    private readonly Staging? _stagedGradients;

    /// <summary>Creates the blocks.</summary>
    /// <param name="parameters">The exchange's parameters.</param>
    /// <param name="gradients">The exchange's gradients.</param>
    /// <param name="layout">The layout.</param>
    /// <param name="device">Where the replica computes.</param>
    /// <param name="staged">Whether the replica has memory of its own; tests stage on the processor too.</param>
    internal ReplicaBlocks(FloatBlock parameters, FloatBlock gradients, ParameterLayout layout, torch.Device device, bool staged)
    {
        Parameters = parameters;
        Gradients = gradients;
        _parameters = parameters.AsTensor();
        _gradients = gradients.AsTensor();
        if (staged)
        {
            _stagedParameters = new Staging(_parameters, layout.ParameterLength, device);
            _stagedGradients = new Staging(_gradients, layout.ParameterLength, device);
        }
    }

    /// <summary>The exchange's parameters.</summary>
    internal FloatBlock Parameters { get; }

    /// <summary>The exchange's gradients.</summary>
    internal FloatBlock Gradients { get; }

    /// <summary>One-dimensional tensor of the trainable parameters, on the device.</summary>
    internal torch.Tensor DeviceParameters => _stagedParameters?.OnDevice ?? _parameters;

    /// <summary>One-dimensional tensor of their gradients, on the device.</summary>
    internal torch.Tensor DeviceGradients => _stagedGradients?.OnDevice ?? _gradients;

    /// <summary>The whole vector of the exchange, where the replica computes in it.</summary>
    internal torch.Tensor Vector => _parameters;

    /// <summary>The whole gradient of the exchange, likewise.</summary>
    internal torch.Tensor Gradient => _gradients;

    /// <summary>Whether the replica computes in the exchange's blocks, and those can be read as memory.</summary>
    internal bool ComputesInPlace => _stagedParameters is null && Parameters.IsOnHost;

    internal void StageGradientsOut() => _stagedGradients?.Out();

    internal void StageParametersIn() => _stagedParameters?.In();

    public void Dispose()
    {
        _stagedParameters?.Dispose();
        _stagedGradients?.Dispose();
        _parameters.Dispose();
        _gradients.Dispose();
    }

    /// <summary>A block on the device and its pinned mirror on the host.</summary>
    private sealed class Staging : IDisposable
    {
        private readonly torch.Tensor _host;
        private readonly torch.Tensor _pinned;

        internal Staging(torch.Tensor block, long length, torch.Device device)
        {
            using var noGradients = torch.no_grad();
            _host = block.narrow(0, 0, length);
            OnDevice = torch.zeros(length, device: device);
            _pinned = device.type == DeviceType.CUDA ? torch.zeros(length).pin_memory() : torch.zeros(length);
        }

        internal torch.Tensor OnDevice { get; }

        internal void Out()
        {
            using var noGradients = torch.no_grad();
            _pinned.copy_(OnDevice);
            _host.copy_(_pinned);
            // The next shard's gradients are added to zeros.
            OnDevice.zero_();
        }

        internal void In()
        {
            using var noGradients = torch.no_grad();
            _pinned.copy_(_host);
            OnDevice.copy_(_pinned);
        }

        public void Dispose()
        {
            OnDevice.Dispose();
            _pinned.Dispose();
            _host.Dispose();
        }
    }
}
