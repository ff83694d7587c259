return FlowEngine.Fuzz.Afl.AflCommand.Run(args);
