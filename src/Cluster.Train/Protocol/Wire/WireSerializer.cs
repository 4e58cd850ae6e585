using System.Collections.Frozen;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;

namespace Cluster.Train.Protocol.Wire;

/// <summary>
/// The wire format of all control messages: MessagePack arrays written and read field by field, under short versioned
/// manifests. No type name crosses the network, no type is looked up by what comes in, and nothing is allocated on the
/// word of a length that the bytes at hand do not bear out.
/// </summary>
internal sealed class WireSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private static readonly WireCodec[] Codecs = [.. CoordinatorMessages.All, .. WorkerMessages.All, .. NodeMessages.All];
    private static readonly FrozenDictionary<Type, WireCodec> ByType = Codecs.ToFrozenDictionary(codec => codec.Type);
    private static readonly FrozenDictionary<string, WireCodec> ByManifest = Codecs.ToFrozenDictionary(codec => codec.Manifest, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override int Identifier => 7201;

    /// <summary>All manifests.</summary>
    internal static IEnumerable<string> Manifests => ByManifest.Keys;

    /// <inheritdoc/>
    public override string Manifest(object o) => Codec(o).Manifest;

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => Codec(obj).ToBytes((IWireMessage)obj);

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest) => ByManifest.TryGetValue(manifest, out var codec)
        ? codec.FromBytes(bytes)
        : throw new SerializationException($"a message of the unknown kind '{Short(manifest)}' cannot be read; its sender may run a newer version");

    private static WireCodec Codec(object message) => ByType.TryGetValue(message.GetType(), out var codec)
        ? codec
        : throw new SerializationException($"{message.GetType().Name} has no form on the wire");

    /// <summary>A manifest from the network, fit for one line of a log.</summary>
    private static string Short(string manifest) =>
        string.Concat((manifest.Length > 40 ? manifest[..40] + "…" : manifest).Select(letter => char.IsControl(letter) ? '?' : letter));
}
