using FlowEngine.KernelCompiler.Emit;

return EmitCommand.Run(args, Console.Out, Console.Error);
