// Inside Cluster.Train.* the name "Cluster" is the namespace, not Akka's class.
global using AkkaCluster = Akka.Cluster.Cluster;
