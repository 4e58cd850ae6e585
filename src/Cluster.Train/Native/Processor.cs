using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace Cluster.Train.Native;

/// <summary>This machine's processor, as it calls itself (CPUID; Intel's Software Developer's Manual, volume 2A).</summary>
internal static class Processor
{
    private const int FirstExtended = unchecked((int)0x80000000);

    /// <summary>Its maker and model, such as "AMD EPYC 9B14"; its architecture where it has no name.</summary>
    internal static string Name { get; } = FindName();

    /// <summary>Whether Intel made it.</summary>
    internal static bool IsIntel { get; } = X86Base.IsSupported && Vendor() == "GenuineIntel";

    /// <summary>Whether AMD made it.</summary>
    internal static bool IsAmd { get; } = X86Base.IsSupported && Vendor() == "AuthenticAMD";

    private static string FindName()
    {
        const int leaves = 3;
        if (!X86Base.IsSupported || (uint)X86Base.CpuId(FirstExtended, 0).Eax < unchecked((uint)FirstExtended + 4))
        {
            return $"{RuntimeInformation.ProcessArchitecture}";
        }

        var text = new StringBuilder();
        for (var leaf = 0; leaf < leaves; leaf++)
        {
            var (eax, ebx, ecx, edx) = X86Base.CpuId(FirstExtended + 2 + leaf, 0);
            Append(text, eax, ebx, ecx, edx);
        }

        // Padded with zeros and spaces; names such as "Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz" carry marks that say nothing.
        var name = text.ToString().Replace("(R)", "", StringComparison.Ordinal).Replace("(TM)", "", StringComparison.Ordinal);
        return string.Join(' ', name.Split([' ', '\0'], StringSplitOptions.RemoveEmptyEntries)) is { Length: > 0 } found ? found : $"{RuntimeInformation.ProcessArchitecture}";
    }

    private static string Vendor()
    {
        var (_, ebx, ecx, edx) = X86Base.CpuId(0, 0);
        var text = new StringBuilder();
        Append(text, ebx, edx, ecx);
        return text.ToString();
    }

    private static void Append(StringBuilder text, params ReadOnlySpan<int> registers)
    {
        foreach (var letter in MemoryMarshal.AsBytes(registers))
        {
            // A processor of a virtual machine can be called anything: printable ASCII is kept.
            text.Append(letter is > 31 and < 127 ? (char)letter : '\0');
        }
    }
}
