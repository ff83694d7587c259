using FlowEngine.Compare;

return CompareCommand.Run(args, Console.Out, Console.Error);
