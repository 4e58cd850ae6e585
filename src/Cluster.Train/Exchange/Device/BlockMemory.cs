using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Exchange.Device;

/// <summary>Where the blocks of a process's workers lie, if they have the choice.</summary>
internal static class BlockMemory
{
    private const string Hook = "CLUSTER_TRAIN_TEST_BLOCKS";

    /// <summary>
    /// Whether they lie on the device: on a GPU's. Test hook: the environment variable CLUSTER_TRAIN_TEST_BLOCKS says
    /// otherwise: "staged" has a GPU's pass through the processor's memory, "device" has the processor work as a GPU would.
    /// </summary>
    internal static bool OnDevice(DeviceSpec device) => Chosen switch
    {
        "device" => true,
        "staged" => false,
        _ => device.Kind != DeviceKind.Cpu,
    };

    /// <summary>How the squares of gradients are added, wherever the blocks lie.</summary>
    internal static NormOrder NormOrderOf(DeviceKind device) =>
        device == DeviceKind.Cpu && Chosen is not ("device" or "staged") ? NormOrder.Lanes : NormOrder.Halves;

    private static string? Chosen => Environment.GetEnvironmentVariable(Hook);
}
