return FlowEngine.Fuzz.FuzzCommand.Run(args);
