using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Cluster.Train.Checkpoints;

namespace Cluster.Train.Tests.Checkpoints;

public sealed class SafeTensorsTests : IDisposable
{
    private static readonly float[] s_pair = [1, -2];
    private static readonly long[] s_integer = [258];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_bytes_are_those_of_the_format()
    {
        using var stream = new MemoryStream();
        SafeTensorsWriter.Write(
            stream, [CheckpointTensor.Float32("b", [2], s_pair), CheckpointTensor.Int64("a", [], s_integer)], new Dictionary<string, string> { ["format"] = "pt" });

        const string Header = """{"__metadata__":{"format":"pt"},"a":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""";
        var padded = Header.PadRight((Header.Length + 7) / 8 * 8);
        byte[] expected =
        [
            (byte)padded.Length, 0, 0, 0, 0, 0, 0, 0, .. Encoding.ASCII.GetBytes(padded),
            2, 1, 0, 0, 0, 0, 0, 0, // int64 258: wider types come first
            0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, // float32 1 and -2
        ];
        Assert.Equal(expected, stream.ToArray());
    }

    [Fact]
    public void Tensors_of_every_type_come_back_as_they_were()
    {
        var path = _directory["all"];
        CheckpointTensor[] tensors =
        [
            new("bytes", TensorType.UInt8, [3], stream => stream.Write([1, 2, 255])),
            new("flags", TensorType.Bool, [1, 2], stream => stream.Write([0, 1])),
            CheckpointTensor.Float32("empty", [0, 5], ReadOnlyMemory<float>.Empty),
            CheckpointTensor.Float32("ゲイン \"x\"\n", [2, 1], new[] { float.NaN, -0f }),
            new("ints", TensorType.Int32, [2], stream => stream.Write(MemoryMarshal.AsBytes<int>([int.MinValue, 7]))),
            CheckpointTensor.Int64("count", [], new[] { long.MinValue }),
        ];
        using (var stream = File.Create(path)) SafeTensorsWriter.Write(stream, tensors, new Dictionary<string, string>());

        using var file = SafeTensorsFile.Open(path);
        Assert.Equal(tensors.Select(tensor => tensor.Name).Order(), file.Tensors.Keys.Order());
        Assert.Empty(file.Metadata);
        foreach (var tensor in tensors)
        {
            using var expected = new MemoryStream();
            tensor.WriteTo(expected);
            var bytes = new byte[tensor.ByteLength];
            file.Read(tensor.Name, tensor.Type, tensor.Shape.AsSpan(), bytes);
            Assert.Equal(expected.ToArray(), bytes);
            // Aligned in the file, so that a reader may map it.
            Assert.Equal(0, file.Tensors[tensor.Name].Start % tensor.Type.Size());
        }
    }

    [Fact]
    public void A_large_vector_in_pieces_is_written_and_read_without_a_second_copy()
    {
        const int Count = 8_000_000;
        var values = new float[Count];
        for (var i = 0; i < Count; i++) values[i] = i;
        FlatPiece[] pieces = [new(0, values.AsMemory(0, 3_000_001)), new(3_000_001, values.AsMemory(3_000_001))];
        var path = _directory["large"];
        var result = new float[Count];
        var tensor = new FlatTensor("w", [Count / 4, 4], 0);
        var before = GC.GetAllocatedBytesForCurrentThread();
        using (var stream = File.Create(path)) SafeTensorsWriter.Write(stream, [CheckpointTensor.FromFlat(tensor, FlatVector.Reader(pieces))], new Dictionary<string, string>());
        using (var file = SafeTensorsFile.Open(path)) file.CopyTo(tensor, FlatVector.Writer(result));

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < Count / 4, $"{allocated} bytes were allocated for a tensor of {Count * 4L}");
        Assert.True(values.AsSpan().SequenceEqual(result));
    }

    [Fact]
    public void A_tensor_that_is_missing_or_of_another_shape_is_named_before_anything_is_copied()
    {
        var path = _directory["model"];
        using (var stream = File.Create(path)) SafeTensorsWriter.Write(stream, [CheckpointTensor.Float32("a", [2], s_pair)], new Dictionary<string, string>());
        using var file = SafeTensorsFile.Open(path);
        var values = new float[8];

        var shape = Assert.Throws<BadInputException>(() => file.CopyTo(new FlatTensor("a", [2, 1], 0), FlatVector.Writer(values)));
        Assert.Equal($"{path} has tensor 'a' as F32 [2]; the model needs F32 [2, 1]", shape.Message);
        var missing = Assert.Throws<BadInputException>(() => file.CopyTo([new FlatTensor("a", [2], 0), new FlatTensor("b", [2], 2)], FlatVector.Writer(values)));
        Assert.Equal($"{path} has no tensor 'b'", missing.Message);
        Assert.All(values, value => Assert.Equal(0, value));
    }

    [Fact]
    public void A_callback_that_writes_too_little_and_a_name_given_twice_are_the_callers_mistakes()
    {
        var none = new Dictionary<string, string>();
        var few = Assert.Throws<InvalidOperationException>(() => SafeTensorsWriter.Write(Stream.Null, [CheckpointTensor.Float32("a", [3], new float[2])], none));
        Assert.Contains("'a' wrote 8 bytes; its shape has 12", few.Message);
        CheckpointTensor[] twice = [CheckpointTensor.Float32("a", [1], new float[1]), CheckpointTensor.Float32("a", [1], new float[1])];
        Assert.Throws<ArgumentException>(() => SafeTensorsWriter.Write(Stream.Null, twice, none));
        Assert.Throws<ArgumentException>(() => CheckpointTensor.Float32("__metadata__", [1], new float[1]));
        Assert.Throws<ArgumentException>(() => CheckpointTensor.Float32("a", [-1], new float[1]));
    }

    [Theory]
    [InlineData("", "is not a safetensors file: its header does not begin with '{'")]
    [InlineData(" {}", "does not begin with '{'")]
    [InlineData("{", "a header that is not JSON")]
    [InlineData("{}x", "a header that is not JSON")]
    [InlineData("""{"a":1}""", "tensor 'a' with something that is not an object")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1]}}""", "without dtype, shape or data_offsets")]
    [InlineData("""{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}""", "of type \"F64\"; supported are F32, F16, BF16")]
    [InlineData("""{"a":{"dtype":7,"shape":[1],"data_offsets":[0,8]}}""", "of type 7")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}""", "8 bytes, which is not F32 × [1]")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", "not a count")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}""", "not a count")]
    [InlineData("""{"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}}""", "not a list")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,8],"data_offsets":[0,8]}}""", "8 bytes, which is not F32")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", "not a begin and an end")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}""", "not a begin and an end")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}""", "unknown field 'x'")]
    [InlineData("""{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "two fields 'dtype'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "two tensors 'a'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "a gap before tensor 'a'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "an overlap before tensor 'b'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "4 bytes after the last tensor")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}""", "is cut (8 of 12 bytes")]
    [InlineData("""{"__metadata__":{"a":1}}""", "that is not text: 'a'")]
    [InlineData("""{"__metadata__":{"a":"1","a":"2"}}""", "two values 'a'")]
    [InlineData("""{"__metadata__":{},"__metadata__":{}}""", "two entries __metadata__")]
    [InlineData("""{"__metadata__":{"a":"\ud800"}}""", "not Unicode")]
    [InlineData("""{"a":[[[[[[[[[[]]]]]]]]]]}""", "a header that is not JSON")]
    public void A_header_that_does_not_hold_together_is_refused(string header, string reason)
    {
        var path = _directory["bad"];
        var json = Encoding.UTF8.GetBytes(header);
        var bytes = new byte[8 + json.Length + 8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, json.Length);
        json.CopyTo(bytes, 8);
        File.WriteAllBytes(path, bytes);

        var refusal = Assert.Throws<BadInputException>(() => SafeTensorsFile.Open(path));
        Assert.StartsWith(path, refusal.Message);
        Assert.Contains(reason, refusal.Message);
        Assert.DoesNotContain('\n', refusal.Message);
    }

    [Theory]
    [InlineData(ulong.MaxValue, "a header of 18446744073709551615 bytes (at most 100000000)")]
    [InlineData(100_000_001UL, "a header of 100000001 bytes")]
    [InlineData(100UL, "is cut (16 bytes, the header alone has 108)")]
    public void A_header_length_beyond_the_limit_or_the_file_is_refused_before_memory_is_taken(ulong length, string reason)
    {
        var path = _directory["bad"];
        var bytes = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        File.WriteAllBytes(path, bytes);

        Assert.Contains(reason, Assert.Throws<BadInputException>(() => SafeTensorsFile.Open(path)).Message);
    }

    [Fact]
    public void A_header_with_any_byte_changed_is_read_or_refused_and_nothing_else()
    {
        var path = _directory["flipped"];
        using var stream = new MemoryStream();
        var digest = SafeTensorsWriter.Write(stream, [CheckpointTensor.Float32("é", [2], s_pair)], new Dictionary<string, string> { ["k"] = "v" });
        var refused = 0;
        for (var position = 0; position < digest.Length - 8; position++)
        {
            foreach (var value in (byte[])[0, (byte)'"', (byte)'9', (byte)'\\', 0x7f, 0xff])
            {
                var bytes = stream.ToArray();
                bytes[position] = value;
                File.WriteAllBytes(path, bytes);
                try
                {
                    SafeTensorsFile.Open(path).Dispose();
                }
                catch (BadInputException)
                {
                    refused++;
                }
            }
        }

        Assert.InRange(refused, digest.Length, digest.Length * 6);
    }
}
