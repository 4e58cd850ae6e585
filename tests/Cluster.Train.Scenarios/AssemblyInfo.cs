// Each scenario is several processes that train: side by side they would only keep each other from it.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
