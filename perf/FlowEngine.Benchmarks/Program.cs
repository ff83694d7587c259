using BenchmarkDotNet.Running;

using FlowEngine.Benchmarks;

if (args.Contains("--counts"))
{
    CountTable.Write(Console.Out);
    return 0;
}

if (args.Contains("--gpu-counts"))
{
    GpuCountTable.Write(Console.Out);
    return 0;
}

PeakOfRun.Begin();
bool isQuick = args.Contains("--quick");
BenchmarkSwitcher.FromAssembly(typeof(BenchmarkConfig).Assembly)
    .Run([.. args.Where(argument => argument != "--quick")], new BenchmarkConfig(isQuick));
return 0;
