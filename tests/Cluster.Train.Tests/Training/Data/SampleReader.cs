using Cluster.Train.Training;

namespace Cluster.Train.Tests.Training.Data;

/// <summary>Reads samples of a dataset into arrays, as a loader does.</summary>
internal static unsafe class SampleReader
{
    /// <summary>One array a field: float[] or long[], samples × elements.</summary>
    internal static Array[] Read(IDataset dataset, params int[] samples)
    {
        var fields = dataset.Fields;
        var arrays = new Array[fields.Count];
        var pointers = new nint[fields.Count];
        for (var f = 0; f < fields.Count; f++)
        {
            var length = samples.Length * fields[f].Elements;
            if (fields[f].Type == FieldType.Float32)
            {
                var floats = GC.AllocateArray<float>(length, pinned: true);
                fixed (float* pointer = floats)
                {
                    (arrays[f], pointers[f]) = (floats, (nint)pointer);
                }
            }
            else
            {
                var integers = GC.AllocateArray<long>(length, pinned: true);
                fixed (long* pointer = integers)
                {
                    (arrays[f], pointers[f]) = (integers, (nint)pointer);
                }
            }
        }

        dataset.Read(samples, epoch: 0, new BatchBuffers(pointers, fields, samples.Length));
        return arrays;
    }
}
