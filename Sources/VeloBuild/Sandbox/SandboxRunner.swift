import SystemPackage
package import VeloSystem

/// Runs one step in a sandbox and turns what it prints into events.
package struct SandboxRunner: Sendable {
    package typealias Limits = SandboxLimits

    /// How a step ended.
    package enum Exit: Sendable, Equatable {
        case ended(ChildExit)
        case exceeded(SandboxLimits.Excess)

        package var isSuccess: Bool { self == .ended(.code(0)) }
    }

    let limits: Limits
    let interruption: Interruption
    /// Where control groups can be made; nil where they cannot.
    let groups: ControlGroups?

    package init(limits: Limits, interruption: Interruption, groups: ControlGroups? = nil) {
        self.limits = limits
        self.interruption = interruption
        self.groups = groups
    }

    /// Blocking. Phases that the step announces come as events, in order with its lines.
    package func run(_ spec: SandboxSpec, events: @Sendable (BuildEvent) -> Void) throws -> Exit {
        var command = ChildCommand(BubblewrapArguments.make(spec), environment: ["PATH": "/usr/bin:/bin"])
        command.limits = limits.ofEachProcess
        command.timeLimit = limits.total
        command.silenceLimit = limits.silence
        let filter = try spec.filter.map { try FileDescriptor.open($0, .readOnly, options: .closeOnExec) }
        defer { try? filter?.close() }
        if let filter { command.descriptors = [(filter.rawValue, BubblewrapArguments.filterDescriptor)] }
        let group = groups?.make()
        defer { group?.end() }
        command.controlGroup = group?.descriptor
        let watch = SandboxWatch(limits, folders: spec.writableFolders, group: group)
        command.watch = ChildWatch(every: SandboxWatch.interval, mayGoOn: watch.mayGoOn)
        var lines = LineSplitter()
        var printed = 0
        let exit = try ChildProcess.run(command, interruption: interruption) { bytes in
            printed += bytes.count
            guard printed <= limits.output else { return watch.stop(.output(limits.output)) }
            for line in lines.push(bytes) { events(Self.event(line)) }
        }
        if let rest = lines.finish() { events(Self.event(rest)) }
        if let usage = group?.usage {
            events(
                .usage(SandboxUsage(processorSeconds: usage.processorSeconds, memoryPeak: usage.memoryPeak)))
        }
        watch.askGroup()
        if let excess = watch.excess { return .exceeded(excess) }
        return .ended(exit)
    }

    /// A phase is announced as a line of its own that starts with a byte no compiler prints.
    private static func event(_ line: String) -> BuildEvent {
        if line.hasPrefix(StepLog.phaseMark),
            let phase = BuildPhase(rawValue: String(line.dropFirst(StepLog.phaseMark.count)))
        {
            return .phase(phase)
        }
        return .line(line)
    }
}

/// Cuts a stream of bytes into lines; what is not UTF-8 is replaced, what is longer than 16 KiB is cut.
package struct LineSplitter {
    private var pending: [UInt8] = []
    private static let longest = 16_384

    package init() {}

    package mutating func push(_ bytes: ArraySlice<UInt8>) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") || pending.count >= Self.longest {
                lines.append(take())
                if byte == UInt8(ascii: "\n") { continue }
            }
            pending.append(byte)
        }
        return lines
    }

    /// The last line, if it did not end.
    package mutating func finish() -> String? { pending.isEmpty ? nil : take() }

    private mutating func take() -> String {
        defer { pending.removeAll(keepingCapacity: true) }
        if pending.last == UInt8(ascii: "\r") { pending.removeLast() }
        return String(decoding: pending, as: UTF8.self)
    }
}
