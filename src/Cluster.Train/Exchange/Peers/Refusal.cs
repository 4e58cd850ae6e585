namespace Cluster.Train.Exchange.Peers;

/// <summary>The answer to a hello: one byte on the wire.</summary>
internal enum Refusal : byte
{
    /// <summary>Not refused.</summary>
    None = 0,

    /// <summary>No handshake of this program.</summary>
    NotOurs = 1,

    /// <summary>Another version of the protocol.</summary>
    Version = 2,

    /// <summary>The generation is over on the side that is called.</summary>
    Stale = 3,

    /// <summary>The caller is no other member of the generation, or is connected already.</summary>
    Member = 4,

    /// <summary>The caller, or the called, does not know the generation's secret.</summary>
    Secret = 5,
}

/// <summary>A connection was refused.</summary>
internal sealed class RefusedException(Refusal refusal, string message) : Exception(message)
{
    internal Refusal Refusal { get; } = refusal;

    /// <summary>What a refusal means to the caller, who gets no more than the byte.</summary>
    internal static string Describe(Refusal refusal) => refusal switch
    {
        Refusal.NotOurs => "it does not know this kind of connection",
        Refusal.Version => "it speaks another version of the protocol",
        Refusal.Stale => "the generation is over there",
        Refusal.Member => "it knows no such member, or has its connection already",
        Refusal.Secret => "the generation's secret is not the same there",
        _ => "it gave no known reason",
    };
}
