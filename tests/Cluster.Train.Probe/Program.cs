using Cluster.Train.Probe;

return args switch
{
    ["bits", .. var models] => await BitsProbe.RunAsync(models),
    ["device", var device, .. var models] => await BitsProbe.CompareAsync(device, models),
    ["memory", var model, var steps] => await MemoryProbe.RunAsync(model, long.Parse(steps)),
    ["blocks", var workers] => await BlocksProbe.RunAsync(int.Parse(workers), checkpoint: false),
    ["blocks", var workers, "checkpoint"] => await BlocksProbe.RunAsync(int.Parse(workers), checkpoint: true),
    ["finalizers"] => await FinalizersProbe.RunAsync(),
    ["finalizers", "free"] => await FinalizersProbe.RunAsync("Cluster.Train.HoldFinalizers"),
    ["images", var folder] => ImagesProbe.Run(folder),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: cluster-train-probe bits MODEL... | device DEVICE MODEL... | memory MODEL STEPS | blocks WORKERS [checkpoint] | finalizers [free] | images FOLDER   (models: tiny, wide, convolution, normalized, undetermined)");
    return 2;
}
