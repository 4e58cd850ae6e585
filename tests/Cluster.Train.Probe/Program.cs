using Cluster.Train.Probe;

return args switch
{
    ["bits", .. var models] => await BitsProbe.RunAsync(models),
    ["memory", var model, var steps] => await MemoryProbe.RunAsync(model, long.Parse(steps)),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: cluster-train-probe bits MODEL... | memory MODEL STEPS   (models: tiny, wide, convolution, normalized)");
    return 2;
}
